import { Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useAction, useMutate, useRefresh } from '../../api/action';
import { CreateCertificateAuthorityDocument } from '../../api/generated';
import { placeFaults } from '../../ui/field-faults';
import { FormDrawer } from '../../ui/form-drawer';
import { MONOSPACE } from '../../ui/monospace';
import { tellDone } from '../../ui/toast';
import { Trouble } from '../../ui/trouble';
import { PLAIN_TEXT } from '../../words/plain-text';

interface NewAuthority {
  name: string;
  certificate: string;
}

const LOST_ANSWER = 'Whether it is trusted now is not known: look for it in the list before you try again.';

/** Where an authority is trusted. What its certificate is worth is the server's to say. */
export function NewAuthorityDrawer({ onClose }: { onClose(): void }) {
  const form = useForm<NewAuthority>({
    initialValues: { name: '', certificate: '' },
    validate: {
      name: (name) => (name.trim() === '' ? 'Give the authority a name.' : null),
      certificate: (text) => (text.trim() === '' ? 'Paste its certificate.' : null),
    },
  });
  const create = useCreate(form, onClose);
  const save = () => {
    if (!form.validate().hasErrors) void create.run(form.getValues());
  };
  return (
    <FormDrawer title="Add authority" isDirty={form.isDirty()} isBusy={create.isBusy} onSave={save} onClose={onClose}>
      <TextInput
        label="Name"
        description="What people call it. It cannot be changed later."
        data-autofocus
        {...PLAIN_TEXT}
        {...form.getInputProps('name')}
      />
      <Textarea
        label="Certificate (PEM)"
        description="Its own, alone: the lines from BEGIN CERTIFICATE to END CERTIFICATE. Never its private key. It can sign for any name, so trust none that signs for strangers."
        rows={12}
        {...MONOSPACE}
        {...PLAIN_TEXT}
        {...form.getInputProps('certificate')}
      />
      <Trouble failure={create.failure} form={form} ifUnknown={LOST_ANSWER} />
    </FormDrawer>
  );
}

function useCreate(form: Parameters<typeof placeFaults>[0], onClose: () => void) {
  const mutate = useMutate();
  const refresh = useRefresh();
  return useAction(async ({ name, certificate }: NewAuthority) => {
    try {
      await mutate(CreateCertificateAuthorityDocument, { input: { name, certificate } });
      onClose();
      refresh();
      tellDone(`${name.trim()} is trusted now.`);
    } catch (error) {
      placeFaults(form, error);
      throw error;
    }
  });
}
