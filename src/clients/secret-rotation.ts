import { GraphQLDateTime } from 'graphql-scalars';
import { Field, Int, ObjectType } from 'type-graphql';
import type { ClientSecret } from './client-secret.entity.js';

const LEAST_UNUSED_SECONDS = 3600;

/** Where a secret stands between the one before it and the one after it. */
@ObjectType({ description: 'Where a secret stands between the one before it and the one after it.' })
export class SecretRotation {
  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: 'When a newer secret was made to take its place; null while there is none.',
  })
  supersededAt!: Date | null;

  @Field(() => Int, { description: 'For how long it was not used, in seconds: since its last use, or since it was made.' })
  unusedForSeconds!: number;

  @Field({
    description:
      'Whether nothing is likely to break when it is revoked: it is superseded, a newer secret was used since its last use, and it was unused for over an hour and over twice the token lifetime. Never true of one that was revoked.',
  })
  safeToRevoke!: boolean;
}

/**
 * Judges by its use whether a secret is still needed.
 * @param others all secrets of the same client
 * @param lifetimeSeconds of the client's tokens
 */
export function rotationOf(
  secret: ClientSecret,
  { others, lifetimeSeconds, now }: { others: readonly ClientSecret[]; lifetimeSeconds: number; now: Date },
): SecretRotation {
  const { supersededAt, lastUsedAt, createdAt } = secret;
  const unusedSince = lastUsedAt ?? createdAt;
  const unusedForSeconds = Math.max(0, Math.floor((now.getTime() - unusedSince.getTime()) / 1000));
  const isSuccessorUsed = others.some(
    (other) => other.createdAt > createdAt && other.lastUsedAt !== null && other.lastUsedAt > unusedSince,
  );
  const isQuiet = unusedForSeconds > Math.max(LEAST_UNUSED_SECONDS, 2 * lifetimeSeconds);
  return { supersededAt, unusedForSeconds, safeToRevoke: supersededAt !== null && secret.revokedAt === null && isQuiet && isSuccessorUsed };
}
