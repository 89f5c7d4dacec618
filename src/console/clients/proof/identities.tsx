import { Alert, Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { CredentialRowFragment } from '../../api/generated';
import { LongText } from '../../ui/long-text';
import { Panel } from '../../ui/page-frame';
import { Ago } from '../../ui/time';
import { counted } from '../../words/counted';
import { useIssuers } from '../issuers/use-issuers';
import classes from './identities.module.css';

interface IdentitiesProps {
  credentials: readonly CredentialRowFragment[];
  /** Whether they are of the present way: those of the one before are not changed any more. */
  isPresent: boolean;
}

const MOST_AT_ONCE = 6;

/** What tokens of trusted issuers have to say for a client: any one of these will do. */
export function Identities({ credentials, isPresent }: IdentitiesProps) {
  const { issuers } = useIssuers();
  const [isWhole, setWhole] = useState(credentials.length <= MOST_AT_ONCE);
  return (
    <Panel
      label="Platform identity"
      head={<span className={classes.hint}>Any one will do.{isPresent && ' They are changed under Edit.'}</span>}
    >
      <ul className={classes.cards}>
        {credentials.slice(0, isWhole ? undefined : MOST_AT_ONCE).map((credential) => {
          const trusted = issuers?.find(({ issuer }) => issuer === credential.issuer);
          return (
            <li key={credential.id} className={classes.card}>
              <Identity credential={credential} name={trusted?.name} />
              {issuers && !trusted?.enabled && (
                <Alert p="xs" color="notice" variant="light">
                  {trusted ? 'Its issuer is disabled' : 'Its issuer is trusted no more'}: it proves nothing.
                </Alert>
              )}
              {credential.warnings.map((warning) => (
                <Alert key={warning} p="xs" color="notice" variant="light">
                  {warning}
                </Alert>
              ))}
            </li>
          );
        })}
      </ul>
      {!isWhole && (
        <Button variant="default" size="xs" mt="sm" onClick={() => setWhole(true)}>
          {credentials.length - MOST_AT_ONCE} more
        </Button>
      )}
    </Panel>
  );
}

function Identity({ credential, name }: { credential: CredentialRowFragment; name: string | undefined }) {
  const { issuer, subject, subjectPattern, claims, audience, useCount, lastUsedAt, lastUsedIp } = credential;
  return (
    <dl className={classes.facts}>
      <Fact name="Issuer">
        {name !== undefined && (
          <bdi className={classes.name} title={name}>
            {name}
          </bdi>
        )}
        <code>
          <LongText text={issuer} of="the issuer" />
        </code>
      </Fact>
      <Fact name={subject == null ? 'Subject pattern' : 'Subject'}>
        <code>
          <LongText text={subject ?? subjectPattern ?? ''} of="the subject" />
        </code>
      </Fact>
      {Object.entries(claims).map(([claim, value]) => (
        <Fact key={claim} name={claim}>
          <code>
            <LongText text={typeof value === 'string' ? value : JSON.stringify(value)} of={claim} />
          </code>
        </Fact>
      ))}
      <Fact name="Audience">
        <code>{audience}</code>
      </Fact>
      <Fact name="Used">
        {lastUsedAt ? (
          <>
            {counted(useCount, 'time')}, last <Ago at={lastUsedAt} />
            {lastUsedIp && ` from ${lastUsedIp}`}
          </>
        ) : (
          'never'
        )}
      </Fact>
    </dl>
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
