import { Alert, Radio, Stack } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { AUTH_METHODS, type AuthMethod, hasPublicKeys } from '../auth-method';
import { NameField } from '../certificates/name-field';
import { useIssuers } from '../issuers/use-issuers';
import { KeysField } from '../keys-field';
import { emptyCredential } from './credential-draft';
import { CredentialsField } from './credentials-field';
import type { ProofDraft } from './proof-draft';

const SIGNING_KEYS = {
  choices: ['set', 'address'],
  hints: {
    set: 'The application’s public keys, which stay here until they are changed.',
    address: 'Where the application publishes its public keys. They are fetched when it first shows an assertion.',
  },
} as const;

const CERTIFICATE_KEYS = {
  choices: ['set', 'address'],
  hints: {
    set: 'Its certificate, whose key counts: one that is renewed with the same key goes on. In a JWKS, x5t#S256 beside a key lets that one certificate count alone.',
    address: 'Where the application publishes the public keys of its certificates. They are fetched when it first shows one.',
  },
} as const;

/** What can be chosen of a client's public keys, and what stands below the choice. */
export function clientKeysOf(method: AuthMethod) {
  return method === 'SELF_SIGNED_TLS_CLIENT_AUTH' ? CERTIFICATE_KEYS : SIGNING_KEYS;
}

/** What there is in place of a secret key. */
const IN_PLACE: Partial<Record<AuthMethod, string>> = {
  PRIVATE_KEY_JWT: 'the application signs with its private key, which stays with it.',
  FEDERATED_JWT: 'the application shows the token that its platform gives it.',
  TLS_CLIENT_AUTH: 'the application connects with its certificate, whose private key stays with it.',
  SELF_SIGNED_TLS_CLIENT_AUTH: 'the application connects with its certificate, whose private key stays with it.',
};

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
      {hasPublicKeys(authMethod) && <KeysField {...clientKeysOf(authMethod)} {...form.getInputProps('keys')} />}
      {authMethod === 'TLS_CLIENT_AUTH' && <NameField {...form.getInputProps('tlsClientAuth')} />}
      {authMethod === 'FEDERATED_JWT' && <CredentialsField {...form.getInputProps('federatedCredentials')} />}
      {IN_PLACE[authMethod] && (
        <Alert p="sm" color="accent" variant="light">
          There will be no secret key: {IN_PLACE[authMethod]}
        </Alert>
      )}
    </>
  );
}
