// Without a MySQL-protocol server every test of the project `mysql` counts as skipped.
if (process.env.TEST_MYSQL_URL === undefined) {
  Object.assign(globalThis, {
    it: it.skip,
    test: test.skip,
    beforeAll: () => undefined,
    afterAll: () => undefined,
    beforeEach: () => undefined,
  });
}
