import { useApolloClient } from '@apollo/client/react';
import { Loader, TextInput, type TextInputProps } from '@mantine/core';
import { CheckIcon } from '@primer/octicons-react';
import { useEffect, useState } from 'react';
import { TakenClientIdDocument } from '../api/generated';
import { PLAIN_TEXT } from '../words/plain-text';
import { findIdFault } from './client-id';

const PAUSE_MS = 250;

type Standing = 'unknown' | 'asking' | 'free' | 'taken';

/** The field for a client id. While somebody types it says whether that one is free. @param since when it changes, that is asked anew */
export function ClientIdField({ error, since, ...props }: TextInputProps & { since: unknown }) {
  const standing = useStanding(String(props.value ?? ''), since);
  const taken = standing === 'taken' && `“${props.value}” is taken. Choose another one.`;
  return (
    <TextInput
      label="Client Id"
      description="What the application sends. A–Z a–z 0–9 . _ ~ - and nothing else."
      rightSection={<Sign standing={standing} />}
      {...PLAIN_TEXT}
      {...props}
      error={error || taken}
    />
  );
}

function Sign({ standing }: { standing: Standing }) {
  if (standing === 'asking') return <Loader size={14} />;
  if (standing === 'free') return <CheckIcon aria-label="Free" fill="var(--accent)" />;
  return null;
}

/** A client id that cannot be asked about is not known to be taken; the server decides when it is saved. */
function useStanding(clientId: string, since: unknown): Standing {
  const api = useApolloClient();
  const [answer, setAnswer] = useState<{ of: string; standing: Standing }>();
  const isAskable = findIdFault(clientId) === null;
  useEffect(() => {
    if (!isAskable) return;
    const ask = async () => {
      setAnswer({ of: clientId, standing: 'asking' });
      const found = await api
        .query({ query: TakenClientIdDocument, variables: { clientId }, fetchPolicy: 'network-only' })
        .catch(() => undefined);
      const standing = !found?.data ? 'unknown' : found.data.client ? 'taken' : 'free';
      setAnswer((current) => (current?.of === clientId ? { of: clientId, standing } : current));
    };
    const timer = setTimeout(ask, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [api, clientId, isAskable, since]);
  return isAskable && answer?.of === clientId ? answer.standing : 'unknown';
}
