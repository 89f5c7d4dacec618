import { Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useLocation } from 'wouter';
import { useAction, useMutate, useRefresh } from '../api/action';
import { CreateClientDocument, type CreateClientInput, type SenderConstraint } from '../api/generated';
import { useViewer, type Viewer } from '../api/viewer';
import { placeFaults } from '../ui/field-faults';
import { FormDrawer } from '../ui/form-drawer';
import { tellDone } from '../ui/toast';
import { Trouble } from '../ui/trouble';
import { PLAIN_TEXT } from '../words/plain-text';
import { AudiencesField, ScopesField } from './access-fields';
import { hasReadyRequest } from './auth-method';
import { BoundField } from './bound-field';
import { findIdFault, suggestClientId } from './client-id';
import { ClientIdField } from './client-id-field';
import { useClientDialogs } from './dialogs-context';
import { findLifetimeFault, LifetimeField } from './lifetime-field';
import { addressOf } from './list/address';
import { emptyProof, PROOF_FAULTS, type ProofDraft, toProofInput } from './proof/proof-draft';
import { ProofFields } from './proof/proof-fields';
import { Vault } from './secrets/vault';

interface NewClient extends ProofDraft {
  name: string;
  clientId: string;
  accessTokenLifetime: number | string;
  scopes: string[];
  audiences: string[];
  senderConstraint: SenderConstraint;
}

const USUAL_LIFETIME = 3600;
const LOST_ANSWER =
  'Whether the client was created is not known: look for it in the list before you try again. If it is there, rotate its secret key, for the first one was not shown.';

/** Where a client is created. Its secret is shown right after. */
export function NewDrawer({ onClose }: { onClose(): void }) {
  const { tenant } = useViewer();
  const form = useNewClientForm(tenant);
  const create = useCreate(form, onClose);
  const save = () => {
    if (!form.validate().hasErrors) void create.run(form.getValues());
  };
  return (
    <FormDrawer title="New Client" isDirty={form.isDirty()} isBusy={create.isBusy} onSave={save} onClose={onClose}>
      <TextInput
        label="Name"
        description="What people call the application."
        maxLength={200}
        data-autofocus
        {...PLAIN_TEXT}
        {...form.getInputProps('name')}
        onChange={(event) => changeName(form, event.currentTarget.value)}
      />
      <ClientIdField since={create.failure} {...form.getInputProps('clientId')} />
      <Text size="sm" c="dimmed" mt={-8}>
        Name and Client Id cannot be changed later.
      </Text>
      <LifetimeField {...form.getInputProps('accessTokenLifetime')} />
      <ScopesField {...form.getInputProps('scopes')} />
      <AudiencesField usual={tenant.defaultAudience} {...form.getInputProps('audiences')} />
      <ProofFields
        form={form}
        label="Authentication"
        description="How the application proves who it is. It can come to another way later, without an outage."
      />
      <BoundField {...form.getInputProps('senderConstraint')} />
      <Trouble failure={create.failure} form={form} ifUnknown={LOST_ANSWER} />
    </FormDrawer>
  );
}

function useNewClientForm(tenant: Viewer['tenant']) {
  const initialValues: NewClient = {
    name: '',
    clientId: '',
    accessTokenLifetime: Math.min(Math.max(USUAL_LIFETIME, tenant.minAccessTokenLifetime), tenant.maxAccessTokenLifetime),
    scopes: [],
    audiences: [],
    senderConstraint: 'NONE',
    ...emptyProof('SECRET'),
  };
  return useForm<NewClient>({
    initialValues,
    validate: {
      name: (name) => (name.trim() === '' ? 'Give the application a name.' : null),
      clientId: findIdFault,
      accessTokenLifetime: (seconds) => findLifetimeFault(seconds, tenant),
      ...PROOF_FAULTS,
    },
  });
}

type NewClientForm = ReturnType<typeof useNewClientForm>;

/** The client id follows the name until somebody writes one. */
function changeName(form: NewClientForm, name: string): void {
  const { name: before, clientId } = form.getValues();
  form.setFieldValue('name', name);
  if (clientId === suggestClientId(before)) form.setFieldValue('clientId', suggestClientId(name));
}

function useCreate(form: NewClientForm, onClose: () => void) {
  const { tenant } = useViewer();
  const { show, openStart } = useClientDialogs();
  const [, navigate] = useLocation();
  const mutate = useMutate();
  const refresh = useRefresh();
  return useAction(async (values: NewClient) => {
    try {
      const { createClient } = await mutate(CreateClientDocument, { input: toInput(values) });
      const { client, clientSecret } = createClient;
      refresh();
      const done = `${client.name} was created.`;
      if (hasReadyRequest(client.authMethod)) {
        onClose();
        tellDone(done);
        openStart({ ...client, senderConstraint: values.senderConstraint });
      } else if (clientSecret == null) {
        onClose();
        tellDone(done);
        navigate(addressOf(client.clientId));
      } else show({ ...client, done, issuer: tenant.issuer, vault: new Vault(clientSecret) });
    } catch (error) {
      placeFaults(form, error);
      throw error;
    }
  });
}

function toInput({ name, clientId, accessTokenLifetime, scopes, audiences, senderConstraint, ...proof }: NewClient): CreateClientInput {
  return {
    name,
    clientId,
    accessTokenLifetime: Number(accessTokenLifetime),
    scopes,
    ...toProofInput(proof),
    ...(audiences.length > 0 && { audiences }),
    ...(senderConstraint !== 'NONE' && { senderConstraint }),
  };
}
