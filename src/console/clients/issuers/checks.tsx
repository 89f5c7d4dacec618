import { CheckIcon, DotIcon, XIcon } from '@primer/octicons-react';
import type { AssertionCheckName, TestAssertionQuery } from '../../api/generated';
import classes from './issuers.module.css';
import { ReasonFacts } from './reason-facts';

type Check = TestAssertionQuery['testAssertion']['checks'][number];

/** What is checked, in the order in which it is. */
const CHECKS: Record<AssertionCheckName, string> = {
  ALGORITHM: 'It is signed in an algorithm that counts',
  ISSUER: 'Its issuer is trusted and enabled',
  CLIENT: 'It names one client, which proves itself so',
  CREDENTIAL: 'A credential of the client has its subject and claims',
  KEY: 'The issuer’s key is at hand',
  SIGNATURE: 'That key signed it',
  AUDIENCE: 'It is meant for this tenant',
  LIFETIME: 'It is valid now, and not for too long',
  TYPE: 'It is of a kind that may prove a client',
  REPLAY: 'It was not used before',
};

/** Looked at with some issuers alone, and after all the others. */
const LAST = 'REPLAY';

/** The checks of a token: those that it passes, the one that it fails, and those that were not reached. */
export function Checks({ checks }: { checks: readonly Check[] }) {
  return (
    <ol className={classes.checks} aria-label="Checks">
      {(Object.keys(CHECKS) as AssertionCheckName[])
        .map((name) => ({ name, check: checks.find((one) => one.name === name) }))
        .filter(({ name, check }) => check || name !== LAST)
        .map(({ name, check }) => (
          <Line key={name} words={CHECKS[name]} check={check} />
        ))}
    </ol>
  );
}

function Line({ words, check }: { words: string; check: Check | undefined }) {
  if (!check) {
    return (
      <li className={`${classes.check} ${classes.unreached}`}>
        <DotIcon aria-label="Not reached" />
        <span>{words}</span>
      </li>
    );
  }
  return (
    <li className={classes.check}>
      {check.passed ? (
        <CheckIcon aria-label="Passed" fill="var(--accent)" />
      ) : (
        <XIcon aria-label="Failed" fill="var(--mantine-color-error)" />
      )}
      <div>
        {words}
        {!check.passed && <ReasonFacts {...check} />}
      </div>
    </li>
  );
}
