import { Alert, Radio, Stack } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { AUTH_METHODS, type AuthMethod } from '../auth-method';
import { useIssuers } from '../issuers/use-issuers';
import { KeysField } from '../keys-field';
import { emptyCredential } from './credential-draft';
import { CredentialsField } from './credentials-field';
import type { ProofDraft } from './proof-draft';

/** What stands below the choice of a client's keys. */
export const CLIENT_KEYS = {
  choices: ['set', 'address'],
  hints: {
    set: 'The application’s public keys, which stay here until they are changed.',
    address: 'Where the application publishes its public keys. They are fetched when it first shows an assertion.',
  },
} as const;

interface ProofFieldsProps<Draft extends ProofDraft> {
  form: UseFormReturnType<Draft>;
  label: string;
  description: string;
  /** The way that is no choice: the present one. */
  without?: AuthMethod;
}

/** The choice of how an application proves who it is, and what that takes. */
export function ProofFields<Draft extends ProofDraft>({ form, label, description, without }: ProofFieldsProps<Draft>) {
  const { issuers } = useIssuers();
  const { authMethod, federatedCredentials } = form.values;
  const choose = (method: string) => {
    form.setValues({ authMethod: method as AuthMethod } as Partial<Draft>);
    if (method !== 'FEDERATED_JWT' || federatedCredentials.length > 0) return;
    const only = issuers?.length === 1 ? issuers[0]?.issuer : undefined;
    form.setValues({ federatedCredentials: [emptyCredential(only)] } as Partial<Draft>);
  };
  return (
    <>
      <Radio.Group label={label} description={description} value={authMethod} onChange={choose} error={form.errors.authMethod}>
        <Stack gap="xs" mt="xs">
          {AUTH_METHODS.filter(({ value }) => value !== without).map(({ value, label: name, description: what }) => (
            <Radio key={value} value={value} label={name} description={what} />
          ))}
        </Stack>
      </Radio.Group>
      {authMethod === 'PRIVATE_KEY_JWT' && <KeysField {...CLIENT_KEYS} {...form.getInputProps('keys')} />}
      {authMethod === 'FEDERATED_JWT' && <CredentialsField {...form.getInputProps('federatedCredentials')} />}
      {(authMethod === 'PRIVATE_KEY_JWT' || authMethod === 'FEDERATED_JWT') && (
        <Alert p="sm" color="accent" variant="light">
          {authMethod === 'PRIVATE_KEY_JWT'
            ? 'There will be no secret key: the application signs with its private key, which stays with it.'
            : 'There will be no secret key: the application shows the token that its platform gives it.'}
        </Alert>
      )}
    </>
  );
}
