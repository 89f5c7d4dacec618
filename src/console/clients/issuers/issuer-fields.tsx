import { Checkbox, Group, NumberInput, Switch, Text } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { lifetimeInWords } from '../../words/duration';
import { KeysField } from '../keys-field';
import { ALGORITHMS, FAULTS, type IssuerDraft } from './issuer-draft';

const HINTS = {
  issuer: 'It says where they are, by OpenID Connect Discovery. They are asked for when a client first shows one of its tokens.',
  address: 'They are asked for when a client first shows one of its tokens.',
  set: 'Nobody is asked. When the platform has new keys, paste them here.',
};

/** What the tokens of an issuer are held to. */
export function IssuerFields<Draft extends IssuerDraft>({ form }: { form: UseFormReturnType<Draft> }) {
  const { maxAssertionLifetime: seconds } = form.values;
  const isSound = FAULTS.maxAssertionLifetime(seconds) === null;
  return (
    <>
      <KeysField choices={['issuer', 'address', 'set']} hints={HINTS} {...form.getInputProps('keys')} />
      <Checkbox.Group label="Algorithms" description="In which its tokens may be signed." {...form.getInputProps('algorithms')}>
        <Group gap="md" mt={8}>
          {ALGORITHMS.map((name) => (
            <Checkbox key={name} value={name} label={name} />
          ))}
        </Group>
      </Checkbox.Group>
      <NumberInput
        label="Longest token life"
        description={`In seconds${isSound ? `: ${lifetimeInWords(Number(seconds))}` : ''}. A token that was made for longer is refused.`}
        allowDecimal={false}
        allowNegative={false}
        clampBehavior="none"
        hideControls
        rightSection={
          <Text size="sm" c="dimmed">
            seconds
          </Text>
        }
        rightSectionWidth={76}
        {...form.getInputProps('maxAssertionLifetime')}
      />
      <Switch
        label="Single use"
        description="Each token counts once. Not for Kubernetes and SPIFFE, which use one again."
        {...form.getInputProps('singleUse', { type: 'checkbox' })}
      />
    </>
  );
}
