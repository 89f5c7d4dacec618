// Without a MySQL-protocol server every test of the project `mysql` counts as skipped.
if (process.env.TEST_MYSQL_URL === undefined) {
  const skip = Object.assign(it.skip, { skip: it.skip });
  const nothing = () => undefined;
  Object.assign(globalThis, { it: skip, test: skip, beforeAll: nothing, afterAll: nothing, beforeEach: nothing, afterEach: nothing });
}
