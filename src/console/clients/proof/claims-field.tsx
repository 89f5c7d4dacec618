import { ActionIcon, Button, NativeSelect, TextInput } from '@mantine/core';
import { PlusIcon, XIcon } from '@primer/octicons-react';
import { PLAIN_TEXT } from '../../words/plain-text';
import type { ClaimDraft } from './credential-draft';
import classes from './credentials-field.module.css';

const MOST_CLAIMS = 20;
const FORMS = [
  { value: 'text', label: 'Text' },
  { value: 'json', label: 'JSON' },
];

interface ClaimsFieldProps {
  claims: readonly ClaimDraft[];
  onChange(claims: ClaimDraft[]): void;
}

/** Rows of claims that a token has to have beside its subject. */
export function ClaimsField({ claims, onChange }: ClaimsFieldProps) {
  const replace = (index: number, next: ClaimDraft) => onChange(claims.map((one, place) => (place === index ? next : one)));
  return (
    <>
      {claims.map((claim, index) => (
        <ClaimRow
          key={index}
          number={index + 1}
          claim={claim}
          onChange={(next) => replace(index, next)}
          onRemove={() => onChange(claims.filter((_, place) => place !== index))}
        />
      ))}
      {claims.length < MOST_CLAIMS && (
        <Button
          variant="subtle"
          size="compact-xs"
          leftSection={<PlusIcon size={12} />}
          style={{ justifySelf: 'start' }}
          onClick={() => onChange([...claims, { name: '', value: '', isJson: false }])}
        >
          Add a claim
        </Button>
      )}
    </>
  );
}

interface ClaimRowProps {
  number: number;
  claim: ClaimDraft;
  onChange(claim: ClaimDraft): void;
  onRemove(): void;
}

function ClaimRow({ number, claim, onChange, onRemove }: ClaimRowProps) {
  const { name, value, isJson } = claim;
  return (
    <div className={classes.claim}>
      <TextInput
        label={`Claim ${number}`}
        placeholder="repository_owner_id"
        size="xs"
        value={name}
        onChange={(event) => onChange({ ...claim, name: event.currentTarget.value })}
        {...PLAIN_TEXT}
      />
      <TextInput
        label={`Value ${number}`}
        placeholder={isJson ? '{"namespace": "billing"}' : ''}
        size="xs"
        value={value}
        onChange={(event) => onChange({ ...claim, value: event.currentTarget.value })}
        {...PLAIN_TEXT}
      />
      <NativeSelect
        aria-label={`Form of value ${number}`}
        size="xs"
        data={FORMS}
        value={isJson ? 'json' : 'text'}
        onChange={(event) => onChange({ ...claim, isJson: event.currentTarget.value === 'json' })}
      />
      <ActionIcon variant="subtle" color="gray" aria-label={`Remove claim ${number}`} title="Remove" onClick={onRemove}>
        <XIcon />
      </ActionIcon>
    </div>
  );
}
