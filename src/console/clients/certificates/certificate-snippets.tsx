import { useMemo } from 'react';
import type { SenderConstraint } from '../../api/generated';
import { useViewer } from '../../api/viewer';
import { RequestTabs } from '../proof/request-tabs';
import { makeCertificateSnippets } from './snippets';

interface CertificateSnippetsProps {
  clientId: string;
  /** The URI by which it is known, if it is by one. */
  uri: string | null | undefined;
  constraint: SenderConstraint;
}

/** Requests for an access token over a connection with a certificate. */
export function CertificateSnippets({ clientId, uri, constraint }: CertificateSnippetsProps) {
  const { certificateOrigin } = useViewer();
  const isOfMesh = uri?.startsWith('spiffe:') ?? false;
  const snippets = useMemo(
    () => makeCertificateSnippets(`${certificateOrigin}/connect/token`, clientId, isOfMesh),
    [certificateOrigin, clientId, isOfMesh],
  );
  return <RequestTabs snippets={snippets} first={snippets[0]} constraint={constraint} />;
}
