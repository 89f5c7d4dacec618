import { freePort } from '../../../testbed/free-port.js';
import { Ledger } from './ledger.js';
import { ADMIN, type Subject } from './subject.js';

/** Starts a second server for the same issuer on the same database. @returns a ledger of both */
export async function beside({ issuer, server, start }: Subject): Promise<Ledger> {
  const second = await start({ PORT: String(await freePort()) });
  return new Ledger({ issuer, urls: [server.url, second.url], admin: ADMIN });
}
