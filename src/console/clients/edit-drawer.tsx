import { useApolloClient, useQuery } from '@apollo/client/react';
import { Switch, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useAction, useMutate, useRefresh } from '../api/action';
import { toFailure } from '../api/failure';
import { ClientSettingsDocument, type ClientSettingsFragment, UpdateClientDocument } from '../api/generated';
import { useReading } from '../api/reading';
import { useViewer } from '../api/viewer';
import { FormDrawer } from '../ui/form-drawer';
import { Failed, Nothing, Waiting } from '../ui/states';
import { tellDone } from '../ui/toast';
import { Trouble } from '../ui/trouble';
import { PLAIN_TEXT } from '../words/plain-text';
import { AudiencesField, ScopesField } from './access-fields';
import { Conflict } from './conflict';
import { changesOf, type Draft, toDraft, toInput } from './draft';
import { placeFaults } from './field-faults';
import { parseJwks } from './jwks-text';
import { findLifetimeFault, LifetimeField } from './lifetime-field';
import { LockedField } from './locked-field';

/** Where a client is changed, as far as it can be. */
export function EditDrawer({ clientId, onClose }: { clientId: string; onClose(): void }) {
  const query = useQuery(ClientSettingsDocument, { variables: { clientId }, fetchPolicy: 'network-only', nextFetchPolicy: 'cache-first' });
  const { data, failure, isWaiting, retry } = useReading(query);
  const [base, setBase] = useState<ClientSettingsFragment>();
  const read = data?.client;
  if (!base && read && !isWaiting) setBase(read);
  if (base) return <Editor key={base.id} base={base} onBase={setBase} onClose={onClose} />;
  return (
    <FormDrawer title="Edit" isDirty={false} isBusy={false} canSave={false} onSave={() => undefined} onClose={onClose}>
      {failure && <Failed failure={failure} what="The client could not be read" onRetry={retry} />}
      {!failure && isWaiting && <Waiting rows={6} />}
      {!failure && !isWaiting && !read && <Nothing title="This client is gone">Somebody deleted it in the meantime.</Nothing>}
    </FormDrawer>
  );
}

interface EditorProps {
  /** The client that what is typed is based on. */
  base: ClientSettingsFragment;
  onBase(base: ClientSettingsFragment): void;
  onClose(): void;
}

function Editor({ base, onBase, onClose }: EditorProps) {
  const { tenant } = useViewer();
  const [theirs, setTheirs] = useState<ClientSettingsFragment>();
  const form = useDraftForm(base, tenant);
  const save = useSave({ form, onTheirs: setTheirs, onClose });
  const hasChanges = Object.keys(changesOf(base, form.values)).length > 0;
  const submit = () => {
    if (!form.validate().hasErrors) void save.run(base);
  };
  /** Goes on from what they saved, with a draft that is based on it. */
  const goOnFrom = (client: ClientSettingsFragment, draft: Draft) => {
    form.setValues(draft);
    onBase(client);
    setTheirs(undefined);
    save.forget();
  };
  const keepMine = (client: ClientSettingsFragment) => {
    goOnFrom(client, { ...toDraft(client), ...changesOf(base, form.getValues()) });
    void save.run(client);
  };
  const shared = { title: `Edit ${base.name}`, isBusy: save.isBusy, onClose };
  if (theirs) {
    const choices = { onKeepYours: () => keepMine(theirs), onTakeTheirs: () => goOnFrom(theirs, toDraft(theirs)) };
    return (
      <FormDrawer {...shared} isDirty canSave={false} onSave={() => undefined}>
        <Conflict base={base} yours={form.values} theirs={theirs} {...choices} />
      </FormDrawer>
    );
  }
  return (
    <FormDrawer {...shared} isDirty={hasChanges} canSave={hasChanges} onSave={submit}>
      <Fields base={base} form={form} />
      <Trouble failure={save.failure} />
    </FormDrawer>
  );
}

type DraftForm = ReturnType<typeof useDraftForm>;

function Fields({ base, form }: { base: ClientSettingsFragment; form: DraftForm }) {
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

function useDraftForm(base: ClientSettingsFragment, tenant: ReturnType<typeof useViewer>['tenant']) {
  return useForm<Draft>({
    initialValues: toDraft(base),
    validate: {
      accessTokenLifetime: (seconds) => (seconds === base.accessTokenLifetime ? null : findLifetimeFault(seconds, tenant)),
      audiences: (audiences) => (audiences.length === 0 ? 'A client needs an audience at least.' : null),
      jwks: (text) => (base.authMethod === 'PRIVATE_KEY_JWT' ? parseJwks(text).fault : null),
    },
  });
}

interface SaveParts {
  form: DraftForm;
  onTheirs(theirs: ClientSettingsFragment): void;
  onClose(): void;
}

/** Sends what differs, for the version that it was based on. Somebody else's change in between is shown, not overwritten. */
function useSave({ form, onTheirs, onClose }: SaveParts) {
  const mutate = useMutate();
  const refresh = useRefresh();
  const api = useApolloClient();
  return useAction(async (base: ClientSettingsFragment) => {
    const { clientId } = base;
    try {
      const input = { ...toInput(changesOf(base, form.getValues())), version: base.version };
      await mutate(UpdateClientDocument, { clientId, input });
      refresh();
      onClose();
      tellDone(`${base.name} was saved.`);
    } catch (error) {
      placeFaults(form, error);
      if (toFailure(error).code !== 'CONFLICT') throw error;
      const { data } = await api.query({ query: ClientSettingsDocument, variables: { clientId }, fetchPolicy: 'network-only' });
      if (!data?.client) throw error;
      onTheirs(data.client);
    }
  });
}
