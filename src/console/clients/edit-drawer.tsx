import { useApolloClient, useQuery } from '@apollo/client/react';
import { Switch, Textarea } from '@mantine/core';
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
import { PLAIN_TEXT } from '../words/plain-text';
import { AudiencesField, ScopesField } from './access-fields';
import { type Draft, SETTINGS, toDraft, toInput } from './draft';
import { parseJwks } from './jwks-text';
import { findLifetimeFault, LifetimeField } from './lifetime-field';

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
      toDraft={toDraft}
      validate={({ accessTokenLifetime, authMethod }) => ({
        accessTokenLifetime: (seconds) => (seconds === accessTokenLifetime ? null : findLifetimeFault(seconds, tenant)),
        audiences: (audiences) => (audiences.length === 0 ? 'A client needs an audience at least.' : null),
        jwks: (text) => (authMethod === 'PRIVATE_KEY_JWT' ? parseJwks(text).fault : null),
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
      {base.authMethod === 'PRIVATE_KEY_JWT' && (
        <Textarea
          label="Public keys (JWKS)"
          description="To change one without an outage, give both for a while."
          rows={8}
          ff="monospace"
          {...PLAIN_TEXT}
          {...form.getInputProps('jwks')}
        />
      )}
    </>
  );
}
