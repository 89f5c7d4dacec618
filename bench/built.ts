import 'reflect-metadata';

/** A module of the server as it was built. */
export function loadBuilt(path: string) {
  return import(new URL(`../dist/src/${path}`, import.meta.url).href);
}

/** Opens and migrates a database in this process, as the server does. @param env settings by name */
export async function openBuilt(env: Record<string, string>) {
  const { readConfig } = await loadBuilt('platform/config.js');
  const { openInstallation } = await loadBuilt('installation/installation.js');
  const { createLog } = await loadBuilt('platform/log.js');
  return openInstallation(readConfig(env), createLog('silent'));
}
