import { useQuery } from '@apollo/client/react';
import type { Failure } from '../../api/failure';
import { type IssuerRowFragment, TrustedIssuersDocument } from '../../api/generated';
import { useReading } from '../../api/reading';

interface KnownIssuers {
  /** Undefined until they are known. */
  issuers: readonly IssuerRowFragment[] | undefined;
  failure: Failure | undefined;
  retry(): void;
}

/** The trusted issuers, for whoever chooses one. */
export function useIssuers(): KnownIssuers {
  const { data, failure, retry } = useReading(useQuery(TrustedIssuersDocument));
  return { issuers: data?.trustedIssuers, failure, retry };
}
