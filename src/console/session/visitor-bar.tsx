import { Button, Text } from '@mantine/core';
import { Brand } from '../ui/brand';
import { useTitle } from '../ui/title';
import classes from './visitor-bar.module.css';

/** Above the explorer of those who are not signed in. */
export function VisitorBar({ onSignIn }: { onSignIn(): void }) {
  useTitle('API explorer');
  return (
    <header className={classes.bar}>
      <Brand place={location.host} />
      <Text size="sm" c="dimmed" className={classes.hint}>
        You are not signed in. Operations need a session, or a token of yours in Headers.
      </Text>
      <Button onClick={onSignIn}>Sign in</Button>
    </header>
  );
}
