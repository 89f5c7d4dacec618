import { useApolloClient, useQuery } from '@apollo/client/react';
import { Switch } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useState } from 'react';
import { useMutate } from '../api/action';
import { ClientSettingsDocument, type ClientSettingsFragment, UpdateClientDocument } from '../api/generated';
import { useReading } from '../api/reading';
import { useViewer } from '../api/viewer';
import { FormDrawer } from '../ui/form-drawer';
import { LockedField } from '../ui/locked-field';
import { Failed, Nothing, Waiting } from '../ui/states';
import { VersionedForm } from '../ui/versioned-form';
import { AudiencesField, ScopesField } from './access-fields';
import { hasPublicKeys } from './auth-method';
import { BoundField } from './bound-field';
import { findNameFault } from './certificates/name-draft';
import { NameField } from './certificates/name-field';
import { type Draft, SETTINGS, toDraft, toInput } from './draft';
import { findKeysFault } from './keys-draft';
import { KeysField } from './keys-field';
import { findLifetimeFault, LifetimeField } from './lifetime-field';
import { findCredentialsFault } from './proof/credential-draft';
import { CredentialsField } from './proof/credentials-field';
import { clientKeysOf } from './proof/proof-fields';

/** Where a client is changed, as far as it can be. */
export function EditDrawer({ clientId, onClose }: { clientId: string; onClose(): void }) {
  const query = useQuery(ClientSettingsDocument, { variables: { clientId }, fetchPolicy: 'network-only', nextFetchPolicy: 'cache-first' });
  const { data, failure, isWaiting, retry } = useReading(query);
  const [first, setFirst] = useState<ClientSettingsFragment>();
  const read = data?.client;
  if (!first && read && !isWaiting) setFirst(read);
  if (first) return <Editor first={first} onClose={onClose} />;
  return (
    <FormDrawer title="Edit" isDirty={false} isBusy={false} canSave={false} onSave={() => undefined} onClose={onClose}>
      {failure && <Failed failure={failure} what="The client could not be read" onRetry={retry} />}
      {!failure && isWaiting && <Waiting rows={6} />}
      {!failure && !isWaiting && !read && <Nothing title="This client is gone">Somebody deleted it in the meantime.</Nothing>}
    </FormDrawer>
  );
}

function Editor({ first, onClose }: { first: ClientSettingsFragment; onClose(): void }) {
  const { tenant } = useViewer();
  const mutate = useMutate();
  const api = useApolloClient();
  const { clientId } = first;
  return (
    <VersionedForm
      noun="client"
      first={first}
      settings={SETTINGS}
      toDraft={(client) => toDraft(client, tenant.issuer)}
      validate={({ accessTokenLifetime, authMethod }) => ({
        accessTokenLifetime: (seconds) => (seconds === accessTokenLifetime ? null : findLifetimeFault(seconds, tenant)),
        audiences: (audiences) => (audiences.length === 0 ? 'A client needs an audience at least.' : null),
        keys: (keys) => (hasPublicKeys(authMethod) ? findKeysFault(keys) : null),
        tlsClientAuth: (name) => (authMethod === 'TLS_CLIENT_AUTH' ? findNameFault(name) : null),
        federatedCredentials: (credentials) => (authMethod === 'FEDERATED_JWT' ? findCredentialsFault(credentials) : null),
      })}
      send={({ version }, changes) => mutate(UpdateClientDocument, { clientId, input: { ...toInput(changes), version } })}
      read={async () => {
        const { data } = await api.query({ query: ClientSettingsDocument, variables: { clientId }, fetchPolicy: 'network-only' });
        return data?.client;
      }}
      onClose={onClose}
    >
      {(form, base) => <Fields base={base} form={form} />}
    </VersionedForm>
  );
}

function Fields({ base, form }: { base: ClientSettingsFragment; form: UseFormReturnType<Draft> }) {
  return (
    <>
      <LockedField label="Name" value={base.name} />
      <LockedField label="Client Id" value={base.clientId} isCode />
      <Switch
        label="Enabled"
        description={form.values.enabled ? 'It gets tokens.' : 'It gets no token, and those it has are cut for good.'}
        {...form.getInputProps('enabled', { type: 'checkbox' })}
      />
      <LifetimeField {...form.getInputProps('accessTokenLifetime')} />
      <ScopesField {...form.getInputProps('scopes')} />
      <AudiencesField {...form.getInputProps('audiences')} />
      {base.authMethod === 'TLS_CLIENT_AUTH' && <NameField {...form.getInputProps('tlsClientAuth')} />}
      {hasPublicKeys(base.authMethod) && <KeysField {...clientKeysOf(base.authMethod)} {...form.getInputProps('keys')} />}
      {base.authMethod === 'FEDERATED_JWT' && <CredentialsField {...form.getInputProps('federatedCredentials')} />}
      <BoundField {...form.getInputProps('senderConstraint')} />
    </>
  );
}
