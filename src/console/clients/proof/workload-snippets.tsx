import { useMemo } from 'react';
import type { SenderConstraint } from '../../api/generated';
import { useViewer } from '../../api/viewer';
import { platformOf } from '../issuers/platforms';
import { RequestTabs } from './request-tabs';
import { makeWorkloadSnippets } from './snippets-federated';

/** A credential, as far as requests are made from it. */
export interface SnippetCredential {
  issuer: string;
  audience: string;
  subject?: string | null;
}

interface WorkloadSnippetsProps {
  clientId: string;
  credentials: readonly SnippetCredential[];
  constraint: SenderConstraint;
}

/** The same request on every cluster: it is called by what people look for. */
const TABS: Readonly<Record<string, string>> = { 'AWS (EKS)': 'Kubernetes' };

/** Requests for an access token that are filled in, the one of the client's own platform first in sight. */
export function WorkloadSnippets({ clientId, credentials, constraint }: WorkloadSnippetsProps) {
  const { tenant } = useViewer();
  const [first] = credentials;
  const { snippets, own } = useMemo(() => {
    const workload = {
      tokenUrl: `${tenant.issuer}/connect/token`,
      clientId,
      audience: first?.audience ?? tenant.issuer,
      subject: first?.subject ?? undefined,
    };
    const made = makeWorkloadSnippets(workload);
    const platform = first && platformOf(first.issuer)?.name;
    const label = platform === undefined ? undefined : (TABS[platform] ?? platform);
    return { snippets: made, own: made.find((one) => one.label === label) ?? made.at(-1) };
  }, [tenant.issuer, clientId, first]);
  return <RequestTabs snippets={snippets} first={own} constraint={constraint} />;
}
