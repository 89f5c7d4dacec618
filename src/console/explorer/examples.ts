import { CLIENT_EXAMPLES } from './client-examples.js';
import type { Example } from './example.js';
import { FEDERATION_EXAMPLES } from './federation-examples.js';
import { TENANT_EXAMPLES } from './tenant-examples.js';

/** One example of every query and mutation, in the order in which somebody new meets them. */
export const EXAMPLES: readonly Example[] = [...CLIENT_EXAMPLES, ...FEDERATION_EXAMPLES, ...TENANT_EXAMPLES];
