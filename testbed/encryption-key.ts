/** A key for tests, so that each knows what its database is encrypted with. */
export const ENCRYPTION_KEY = Buffer.alloc(32, 1).toString('base64');
