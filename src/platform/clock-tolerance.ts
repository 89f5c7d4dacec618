/** Seconds by which the clock of a client may differ from ours, in every bound of what it signs: assertions and DPoP proofs. */
export const CLOCK_TOLERANCE_SECONDS = 10;
