import { Alert, Button, Code, Divider, Paper, Stack, Text, Title } from '@mantine/core';
import { Brand } from '../ui/brand';
import { useTitle } from '../ui/title';
import { rememberPlace } from './place';
import { useSession } from './session';
import { PROVIDER_SIGN_IN } from './session-request';
import { SignInForm } from './sign-in-form';
import classes from './sign-in-page.module.css';

/** The way in: by a client's id and secret, or through the tenant's identity provider. */
export function SignInPage() {
  const { providerName, notice, awaited } = useSession();
  useTitle('Sign in');
  return (
    <main className={classes.page}>
      <Paper withBorder className={classes.card}>
        <Stack gap="md">
          <Brand place={location.host} />
          <Title order={1}>Sign in</Title>
          {notice?.isUrgent && (
            <Alert variant="light" color={awaited ? 'notice' : 'danger'} p="sm">
              {notice.text} {awaited && 'What you had open is still here.'}
            </Alert>
          )}
          <SignInForm />
          {providerName !== undefined && <ProviderLink name={providerName} />}
          <Text size="sm" c="dimmed" role="status">
            {notice && !notice.isUrgent ? notice.text : <FirstTimeHint />}
          </Text>
        </Stack>
      </Paper>
    </main>
  );
}

/** Leads to the identity provider, where a person signs in, and from there back to where they were. */
function ProviderLink({ name }: { name: string }) {
  return (
    <>
      <Divider label="or" />
      <Button component="a" variant="default" href={PROVIDER_SIGN_IN} onClick={rememberPlace} title={`Continue with ${name}`}>
        Continue with {name}
      </Button>
    </>
  );
}

function FirstTimeHint() {
  return (
    <>
      First time here? The administrator’s client id and secret key were shown once: by the server when it first started, or to whoever made
      this tenant. <Code>npm run admin:reset -- {window.location.host}</Code> makes a new one.
    </>
  );
}
