import type { ClientProofQuery } from '../../api/generated';

/** What is shown of how a client proves itself. */
export type ProvenClient = NonNullable<ClientProofQuery['client']>;

/** The way in which it did before, while that goes on. */
export type FormerWay = NonNullable<ProvenClient['previousAuthMethod']>;
