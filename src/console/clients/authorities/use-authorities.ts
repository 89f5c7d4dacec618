import { useQuery } from '@apollo/client/react';
import type { Failure } from '../../api/failure';
import { type AuthorityRowFragment, CertificateAuthoritiesDocument } from '../../api/generated';
import { useReading } from '../../api/reading';

interface KnownAuthorities {
  /** Undefined until they are known. */
  authorities: readonly AuthorityRowFragment[] | undefined;
  failure: Failure | undefined;
  retry(): void;
}

/** The authorities whose certificates prove clients. @param pollInterval in milliseconds; they are read once when absent */
export function useAuthorities(pollInterval = 0): KnownAuthorities {
  const { data, failure, retry } = useReading(useQuery(CertificateAuthoritiesDocument, { pollInterval }));
  return { authorities: data?.certificateAuthorities, failure, retry };
}
