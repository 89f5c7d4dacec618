import { Chip, Group, Input, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useAction, useMutate, useRefresh } from '../../api/action';
import { CreateTrustedIssuerDocument } from '../../api/generated';
import { placeFaults } from '../../ui/field-faults';
import { FormDrawer } from '../../ui/form-drawer';
import { tellDone } from '../../ui/toast';
import { Trouble } from '../../ui/trouble';
import { PLAIN_TEXT } from '../../words/plain-text';
import { emptyIssuer, FAULTS, findIssuerFault, type NewIssuer, ofPlatform, toCreateInput } from './issuer-draft';
import { IssuerFields } from './issuer-fields';
import { PLATFORMS } from './platforms';

const LOST_ANSWER = 'Whether it is trusted now is not known: look for it in the list before you try again.';

/** Where an issuer is trusted. A platform fills the form in. */
export function NewIssuerDrawer({ onClose }: { onClose(): void }) {
  const form = useForm<NewIssuer>({ initialValues: emptyIssuer(), validate: { ...FAULTS, issuer: findIssuerFault } });
  const [platform, setPlatform] = useState<string>();
  const create = useCreate(form, onClose);
  const choose = (name: string) => {
    const chosen = PLATFORMS.find((one) => one.name === name);
    if (!chosen) return;
    setPlatform(name);
    form.clearErrors();
    form.setValues(ofPlatform(chosen));
  };
  const save = () => {
    if (!form.validate().hasErrors) void create.run(form.getValues());
  };
  return (
    <FormDrawer title="Add issuer" isDirty={form.isDirty()} isBusy={create.isBusy} onSave={save} onClose={onClose}>
      <Platforms chosen={platform} onChoose={choose} />
      <TextInput label="Name" description="What people call the platform." {...PLAIN_TEXT} {...form.getInputProps('name')} />
      <TextInput
        label="Issuer"
        description="What its tokens have as iss, byte for byte: an https URL, or a SPIFFE trust domain. It cannot be changed later."
        data-autofocus
        {...PLAIN_TEXT}
        {...form.getInputProps('issuer')}
      />
      <IssuerFields form={form} />
      <Trouble failure={create.failure} form={form} ifUnknown={LOST_ANSWER} />
    </FormDrawer>
  );
}

function Platforms({ chosen, onChoose }: { chosen: string | undefined; onChoose(name: string): void }) {
  const hint = PLATFORMS.find(({ name }) => name === chosen)?.hint;
  return (
    <div>
      <Input.Label component="div">Platform</Input.Label>
      <Chip.Group value={chosen ?? null} onChange={(name) => onChoose(name as string)}>
        <Group gap={4} mt={4} role="radiogroup" aria-label="Platform">
          {PLATFORMS.map(({ name }) => (
            <Chip key={name} value={name} size="xs" variant="light">
              {name}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      <Text size="sm" c="dimmed" mt={8} role="status" style={{ overflowWrap: 'anywhere' }}>
        {hint ?? 'It fills in what follows. Any other issuer of signed tokens will do as well.'}
      </Text>
    </div>
  );
}

function useCreate(form: Parameters<typeof placeFaults>[0], onClose: () => void) {
  const mutate = useMutate();
  const refresh = useRefresh();
  return useAction(async (values: NewIssuer) => {
    try {
      await mutate(CreateTrustedIssuerDocument, { input: toCreateInput(values) });
      onClose();
      refresh();
      tellDone(`${values.name.trim()} is trusted now.`);
    } catch (error) {
      placeFaults(form, error);
      throw error;
    }
  });
}
