export type { Peer } from './peer.ts';
export { startGlewlwyd } from './peer-glewlwyd.ts';
export { startHydra } from './peer-hydra.ts';
