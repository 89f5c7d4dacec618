import { useQuery } from '@apollo/client/react';
import { type IssuerRowFragment, TrustedIssuersDocument } from '../../api/generated';
import { useReading } from '../../api/reading';

/** The trusted issuers, for whoever chooses one; undefined until they are known. */
export function useIssuers(): { issuers: readonly IssuerRowFragment[] | undefined; retry(): void } {
  const { data, retry } = useReading(useQuery(TrustedIssuersDocument));
  return { issuers: data?.trustedIssuers, retry };
}
