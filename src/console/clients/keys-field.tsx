import { Group, Radio, Textarea, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { MONOSPACE } from '../ui/monospace';
import { PLAIN_TEXT } from '../words/plain-text';
import type { KeysDraft, KeysFrom } from './keys-draft';

const LABELS: Record<KeysFrom, string> = { issuer: 'From the issuer', address: 'From an address', set: 'Pasted' };

interface KeysFieldProps {
  /** Where they may come from. */
  choices: readonly KeysFrom[];
  /** What stands below each choice. */
  hints: Partial<Record<KeysFrom, string>>;
  value?: KeysDraft;
  onChange?: ((keys: KeysDraft) => void) | undefined;
  error?: ReactNode;
}

/** The field for public keys: where they come from, and what that takes. */
export function KeysField({ choices, hints, value, onChange, error }: KeysFieldProps) {
  if (!value) return null;
  const { from, address, set } = value;
  const change = (part: Partial<KeysDraft>) => onChange?.({ ...value, ...part });
  return (
    <>
      <Radio.Group
        label="Keys"
        description={hints[from]}
        value={from}
        onChange={(chosen) => change({ from: chosen as KeysFrom })}
        error={from === 'issuer' && error}
      >
        <Group gap="md" mt={8}>
          {choices.map((choice) => (
            <Radio key={choice} value={choice} label={LABELS[choice]} />
          ))}
        </Group>
      </Radio.Group>
      {from === 'address' && (
        <TextInput
          label="Address of the keys"
          description="An https URL that answers with a JWKS."
          type="url"
          {...PLAIN_TEXT}
          value={address}
          onChange={(event) => change({ address: event.currentTarget.value })}
          error={error}
        />
      )}
      {from === 'set' && (
        <Textarea
          label="Public keys (JWKS)"
          description="As they are published, {“keys”: [ … ]}, or one certificate or public key in PEM: it becomes a JWKS here, in the browser. Never a private key."
          rows={8}
          {...MONOSPACE}
          {...PLAIN_TEXT}
          value={set}
          onChange={(event) => change({ set: event.currentTarget.value })}
          error={error}
        />
      )}
    </>
  );
}
