import { Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useAction, useMutate, useRefresh } from '../api/action';
import { CreateTenantDocument } from '../api/generated';
import { useClientDialogs } from '../clients/dialogs-context';
import { Vault } from '../clients/secrets/vault';
import { placeFaults } from '../ui/field-faults';
import { FormDrawer } from '../ui/form-drawer';
import { Trouble } from '../ui/trouble';
import { PLAIN_TEXT } from '../words/plain-text';

const LOST_ANSWER =
  'Whether the tenant was created is not known: look for it in the list before you try again. If it is there, the operator makes its administrator a new secret key: npm run admin:reset -- host.';

/** Where a tenant is created. Its administrator's secret is shown right after. */
export function NewTenantDrawer({ onClose }: { onClose(): void }) {
  const form = useForm({
    initialValues: { name: '', host: '' },
    validate: {
      name: (name) => (name.trim() === '' ? 'Give the tenant a name.' : null),
      host: (host) => (host.trim() === '' ? 'Give the host at which the tenant will be.' : null),
    },
  });
  const create = useCreate(form, onClose);
  const save = () => {
    if (!form.validate().hasErrors) void create.run(form.getValues());
  };
  return (
    <FormDrawer title="New Tenant" isDirty={form.isDirty()} isBusy={create.isBusy} onSave={save} onClose={onClose}>
      <TextInput label="Name" description="What people call the tenant." data-autofocus {...PLAIN_TEXT} {...form.getInputProps('name')} />
      <TextInput
        label="Host"
        description="Such as acme.example.com, with a port when that is not the usual one. It cannot be changed later."
        {...PLAIN_TEXT}
        {...form.getInputProps('host')}
      />
      <Text size="sm" c="dimmed">
        The host has to lead to this server. The tenant gets signing keys and an administrator of its own, whose secret key is shown once,
        right after.
      </Text>
      <Trouble failure={create.failure} form={form} ifUnknown={LOST_ANSWER} />
    </FormDrawer>
  );
}

function useCreate(form: Parameters<typeof placeFaults>[0], onClose: () => void) {
  const { show } = useClientDialogs();
  const mutate = useMutate();
  const refresh = useRefresh();
  return useAction(async (input: { name: string; host: string }) => {
    try {
      const { createTenant } = await mutate(CreateTenantDocument, { input });
      const { tenant, client, clientSecret } = createTenant;
      onClose();
      refresh();
      const name = `the administrator of ${tenant.name}`;
      show({ ...client, name, done: `${tenant.name} was created.`, issuer: tenant.issuer, vault: new Vault(clientSecret) });
    } catch (error) {
      placeFaults(form, error);
      throw error;
    }
  });
}
