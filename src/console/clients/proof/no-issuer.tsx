import { Alert, Anchor } from '@mantine/core';
import { useWindowEvent } from '@mantine/hooks';

/** What to do where no issuer is trusted yet. What was typed stays: the way there is another window. @param onBack somebody came back from it */
export function NoIssuer({ onBack }: { onBack(): void }) {
  useWindowEvent('focus', onBack);
  return (
    <Alert p="sm" color="notice" variant="light" title="No issuer is trusted yet">
      Add the platform on which the application runs first:{' '}
      <Anchor href="/trusted-issuers" target="_blank" inherit>
        Trusted issuers
      </Anchor>{' '}
      (in a new window). It can be chosen here as soon as you are back.
    </Alert>
  );
}
