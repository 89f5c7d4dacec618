import { ActionIcon, Button, Input, NativeSelect, TextInput } from '@mantine/core';
import { PlusIcon, XIcon } from '@primer/octicons-react';
import { useId, useRef, useState } from 'react';
import { PLAIN_TEXT } from '../../words/plain-text';
import type { ClaimDraft } from './credential-draft';
import { rowOf } from './credential-fault';
import classes from './credentials-field.module.css';

const MOST_CLAIMS = 20;
/** Faults of a claim's name; others are of its value. */
const IS_OF_NAME = /a name\.$| once\.$|^It has the claim/;
const FORMS = [
  { value: 'text', label: 'Text' },
  { value: 'json', label: 'JSON' },
];

interface ClaimsFieldProps {
  claims: readonly ClaimDraft[];
  fault: string | undefined;
  onChange(claims: ClaimDraft[]): void;
}

/** Rows of claims that a token has to have beside its subject. The focus goes to one that was added, and stays near one that was removed. */
export function ClaimsField({ claims, fault, onChange }: ClaimsFieldProps) {
  const [added, setAdded] = useState<number>();
  const adding = useRef<HTMLButtonElement>(null);
  const add = () => {
    setAdded(claims.length);
    onChange([...claims, { name: '', value: '', isJson: false }]);
  };
  const remove = (index: number) => {
    setAdded(undefined);
    onChange(claims.filter((_, place) => place !== index));
    adding.current?.focus();
  };
  const replace = (index: number, next: ClaimDraft) => onChange(claims.map((one, place) => (place === index ? next : one)));
  return (
    <>
      {claims.map((claim, index) => (
        <ClaimRow
          key={index}
          number={index + 1}
          claim={claim}
          fault={fault !== undefined && rowOf(fault, claims) === index ? fault : undefined}
          onChange={(next) => replace(index, next)}
          isAdded={index === added}
          onRemove={() => remove(index)}
        />
      ))}
      {claims.length < MOST_CLAIMS && (
        <Button
          ref={adding}
          variant="subtle"
          size="compact-xs"
          leftSection={<PlusIcon size={12} />}
          style={{ justifySelf: 'start' }}
          onClick={add}
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
  fault: string | undefined;
  isAdded: boolean;
  onChange(claim: ClaimDraft): void;
  onRemove(): void;
}

/** What is wrong stands below all of the row: beside one of its fields there is no room. */
function ClaimRow({ number, claim, fault, isAdded, onChange, onRemove }: ClaimRowProps) {
  const faultId = useId();
  const marks = fault === undefined ? {} : { error: true, 'aria-errormessage': faultId };
  const isOfName = fault !== undefined && IS_OF_NAME.test(fault);
  const { name, value, isJson } = claim;
  return (
    <div className={classes.claim}>
      <TextInput
        label={`Claim ${number}`}
        placeholder="repository_owner_id"
        size="xs"
        value={name}
        autoFocus={isAdded}
        {...(isOfName && marks)}
        onChange={(event) => onChange({ ...claim, name: event.currentTarget.value })}
        {...PLAIN_TEXT}
      />
      <TextInput
        label={`Value ${number}`}
        placeholder={isJson ? '{"namespace": "billing"}' : ''}
        size="xs"
        value={value}
        {...(!isOfName && marks)}
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
      {fault !== undefined && (
        <Input.Error id={faultId} role="alert" className={classes.fault ?? ''}>
          {fault}
        </Input.Error>
      )}
    </div>
  );
}
