import { Button, Input, Stack, Text } from '@mantine/core';
import { PlusIcon } from '@primer/octicons-react';
import type { ReactNode } from 'react';
import { Failed } from '../../ui/states';
import { useIssuers } from '../issuers/use-issuers';
import { CredentialCard } from './credential-card';
import { type CredentialDraft, emptyCredential, MOST_CREDENTIALS, placeOf } from './credential-draft';
import { NoIssuer } from './no-issuer';

interface CredentialsFieldProps {
  value?: CredentialDraft[];
  onChange?: ((credentials: CredentialDraft[]) => void) | undefined;
  error?: ReactNode;
}

/** The field for what tokens of trusted issuers have to say. Any one of the credentials proves the client. */
export function CredentialsField({ value = [], onChange, error }: CredentialsFieldProps) {
  const { issuers, failure, retry } = useIssuers();
  const fault = typeof error === 'string' ? placeOf(error) : undefined;
  const replace = (index: number, next: CredentialDraft) => onChange?.(value.map((one, place) => (place === index ? next : one)));
  return (
    <Stack gap="sm">
      <div>
        <Input.Label component="div">Platform identity</Input.Label>
        <Text size="xs" c="dimmed">
          Whose tokens prove the application, and what they have to say. Any one of these will do.
        </Text>
      </div>
      {failure && !issuers && <Failed failure={failure} what="The trusted issuers could not be read" onRetry={retry} />}
      {issuers?.length === 0 && <NoIssuer onBack={retry} />}
      {value.map((credential, index) => (
        <CredentialCard
          key={credential.key}
          number={index + 1}
          credential={credential}
          issuers={issuers}
          fault={fault?.index === index ? fault.message : undefined}
          onChange={(next) => replace(index, next)}
          onRemove={value.length > 1 ? () => onChange?.(value.filter((one) => one !== credential)) : undefined}
        />
      ))}
      {(value.length === 0 || (fault && fault.index >= value.length)) && error && <Input.Error>{error}</Input.Error>}
      {value.length < MOST_CREDENTIALS && (
        <Button
          variant="default"
          size="xs"
          leftSection={<PlusIcon />}
          style={{ alignSelf: 'start' }}
          onClick={() => onChange?.([...value, emptyCredential(value.at(-1)?.issuer ?? issuers?.[0]?.issuer)])}
        >
          Add another identity
        </Button>
      )}
    </Stack>
  );
}
