import { waitingMember } from '../deadline.js';
import { Turns } from './turns.js';

const slices = new Turns();

/**
 * Time slices of the event loop for what takes long in it piece by piece: waits until the request that asks may do its next piece. One is done
 * at a time, whoever is at work, and between two of them others are heard (cooperative multitasking).
 */
export async function nextSlice(): Promise<void> {
  await slices.take({ ...waitingMember(), rank: 'known' });
}
