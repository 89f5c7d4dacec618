import { Alert, Anchor, NativeSelect, TextInput } from '@mantine/core';
import { useWindowEvent } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { MONOSPACE } from '../../ui/monospace';
import { Failed } from '../../ui/states';
import { PLAIN_TEXT } from '../../words/plain-text';
import { useAuthorities } from '../authorities/use-authorities';
import { kindOf, NAME_KINDS, type NameDraft, type NameKind } from './name-draft';

const CHOICES = NAME_KINDS.map(({ value, label }) => ({ value, label }));

interface NameFieldProps {
  value?: NameDraft;
  onChange?: ((name: NameDraft) => void) | undefined;
  error?: ReactNode;
}

/** The field for the name that a client's certificates have: which of them counts, and what it is. */
export function NameField({ value, onChange, error }: NameFieldProps) {
  const { authorities, failure, retry } = useAuthorities();
  if (!value) return null;
  const { label, hint, placeholder } = kindOf(value.kind);
  return (
    <>
      {failure && !authorities && <Failed failure={failure} what="The certificate authorities could not be read" onRetry={retry} />}
      {authorities?.length === 0 && <NoAuthority onBack={retry} />}
      <NativeSelect
        label="Name in the certificate"
        description="By which of its names the application is known."
        data={CHOICES}
        value={value.kind}
        onChange={(event) => onChange?.({ ...value, kind: event.currentTarget.value as NameKind })}
      />
      <TextInput
        label={label}
        description={hint}
        placeholder={placeholder}
        value={value.value}
        error={error}
        {...MONOSPACE}
        onChange={(event) => onChange?.({ ...value, value: event.currentTarget.value })}
        {...PLAIN_TEXT}
      />
    </>
  );
}

/** What to do where no authority is trusted yet. What was typed stays: the way there is another window. */
function NoAuthority({ onBack }: { onBack(): void }) {
  useWindowEvent('focus', onBack);
  return (
    <Alert p="sm" color="notice" variant="light" title="No authority is trusted yet">
      Its certificate proves nothing until whoever signed it is trusted:{' '}
      <Anchor href="/certificate-authorities" target="_blank" inherit>
        Certificate authorities
      </Anchor>{' '}
      (in a new window).
    </Alert>
  );
}
