import { Badge, Button, Group, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useViewer } from '../../api/viewer';
import { CodeBlock } from '../../ui/code-block';
import { CopyIconButton } from '../../ui/copy';
import { Panel } from '../../ui/page-frame';
import { Moment } from '../../ui/time';
import { type AuthMethod, hasCertificate, labelOf } from '../auth-method';
import { LastUse, Lifetime } from '../list/client-cells';
import { BOUND_NOTES, constraintInWords } from '../sender-constraint';
import classes from './client-facts.module.css';
import type { ShownClient } from './shown-client';

const MOST_AT_ONCE = 12;

/** What a client is, and the request that it sends. */
export function ClientFacts({ client }: { client: ShownClient }) {
  return (
    <div className={classes.columns}>
      <Panel label="Settings">
        <dl className={classes.facts}>
          <Fact name="Client Id">
            <span className={classes.copied}>
              <code>{client.clientId}</code>
              <CopyIconButton text={client.clientId} of="Client Id" />
            </span>
          </Fact>
          <Fact name="Access token lifetime">
            <Lifetime seconds={client.accessTokenLifetime} />
          </Fact>
          <Fact name="Authentication">{labelOf(client.authMethod)}</Fact>
          {client.senderConstraint !== 'NONE' && <Fact name="Tokens">{constraintInWords(client.senderConstraint)}</Fact>}
          <Fact name="Scopes">
            <Values values={client.scopes} none="none" />
          </Fact>
          <Fact name="Audiences">
            <Values values={client.audiences} none="none" />
          </Fact>
          <Fact name="Last used">
            <LastUse at={client.lastUsedAt} />
          </Fact>
          <Fact name="Created">
            <Moment at={client.createdAt} />
          </Fact>
        </dl>
      </Panel>
      <TokenRequest client={client} />
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The first of many, and all when they are asked for: what comes below stays in sight. */
function Values({ values, none }: { values: readonly string[]; none: string }) {
  const [isWhole, setWhole] = useState(values.length <= MOST_AT_ONCE);
  if (values.length === 0)
    return (
      <Text span c="dimmed" size="sm">
        {none}
      </Text>
    );
  return (
    <Group gap={4}>
      {values.slice(0, isWhole ? undefined : MOST_AT_ONCE).map((value) => (
        <Badge key={value} variant="default" tt="none" fw={400} className={classes.value}>
          {value}
        </Badge>
      ))}
      {!isWhole && (
        <Button variant="subtle" size="compact-xs" onClick={() => setWhole(true)}>
          {values.length - MOST_AT_ONCE} more
        </Button>
      )}
    </Group>
  );
}

const HINTS: Record<AuthMethod, string> = {
  SECRET: 'curl asks for the secret key.',
  CLIENT_SECRET_JWT: 'The assertion is a JWT that the application signs.',
  PRIVATE_KEY_JWT: 'The assertion is a JWT that the application signs.',
  FEDERATED_JWT: 'The assertion is the token that its platform gives it: see Authentication.',
  TLS_CLIENT_AUTH: 'The certificate and its key are files of the application.',
  SELF_SIGNED_TLS_CLIENT_AUTH: 'The certificate and its key are files of the application.',
};

/** What curl is to send beside what is asked for, so that the client is proved. */
function proofIn(authMethod: AuthMethod, clientId: string): string {
  if (authMethod === 'SECRET') return `-u '${clientId}'`;
  if (hasCertificate(authMethod)) return `--cert client.pem --key client.key \\\n  -d client_id=${clientId}`;
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  return `-d client_id=${clientId} \\\n  -d client_assertion_type=${type} \\\n  -d client_assertion="$ASSERTION"`;
}

/** Ready to paste; the secret, which nobody has here, is asked for by curl. */
function TokenRequest({ client: { clientId, authMethod, senderConstraint } }: { client: ShownClient }) {
  const { tenant, certificateOrigin } = useViewer();
  const showsCertificate = senderConstraint === 'CERTIFICATE' || hasCertificate(authMethod);
  const url = `${showsCertificate ? certificateOrigin : tenant.issuer}/connect/token`;
  const shown = senderConstraint === 'CERTIFICATE' && !hasCertificate(authMethod) ? '--cert client.pem --key client.key \\\n  ' : '';
  const request = `curl ${shown}${proofIn(authMethod, clientId)} \\\n  -d grant_type=client_credentials \\\n  ${url}`;
  return (
    <Panel label="Token request" head={<CopyIconButton text={request} of="token request" />}>
      <CodeBlock label="The request" text={request} />
      <Text size="sm" c="dimmed" mt={8}>
        {HINTS[authMethod]}
        {senderConstraint !== 'NONE' && ` ${BOUND_NOTES[senderConstraint]}`}
      </Text>
    </Panel>
  );
}
