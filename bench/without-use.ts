// Latchkey as it is, but for the use of secrets, which it forgets: what recording costs is measured against it.
const dist = (path: string) => import(new URL(`../dist/src/${path}`, import.meta.url).href);
const { run } = await dist('process.js');
const { ClientUseService } = await dist('clients/client-use.service.js');
for (const method of ['used', 'count']) ClientUseService.prototype[method] = () => undefined;
await run();
