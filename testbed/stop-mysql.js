/** Removes the private MariaDB, if there is one. */
export default async function stopMysql() {
  await globalThis.privateMariaDb?.remove();
}
