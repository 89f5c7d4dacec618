import { Button, Input, Stack, Text } from '@mantine/core';
import { PlusIcon } from '@primer/octicons-react';
import { type ReactNode, useRef, useState } from 'react';
import { Failed } from '../../ui/states';
import { useIssuers } from '../issuers/use-issuers';
import { CredentialCard } from './credential-card';
import { type CredentialDraft, emptyCredential, MOST_CREDENTIALS } from './credential-draft';
import { placeOf } from './credential-fault';
import { NoIssuer } from './no-issuer';

interface CredentialsFieldProps {
  value?: CredentialDraft[];
  onChange?: ((credentials: CredentialDraft[]) => void) | undefined;
  error?: ReactNode;
}

/**
 * The field for what tokens of trusted issuers have to say. Any one of the credentials proves the client. The focus goes to one that was
 * added, and stays near one that was removed.
 */
export function CredentialsField({ value = [], onChange, error }: CredentialsFieldProps) {
  const { issuers, failure, retry } = useIssuers();
  const [added, setAdded] = useState<CredentialDraft['key']>();
  const adding = useRef<HTMLButtonElement>(null);
  const add = () => {
    const credential = emptyCredential(value.at(-1)?.issuer ?? issuers?.[0]?.issuer);
    setAdded(credential.key);
    onChange?.([...value, credential]);
  };
  const remove = (credential: CredentialDraft) => {
    onChange?.(value.filter((one) => one !== credential));
    adding.current?.focus();
  };
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
          isAdded={credential.key === added}
          onRemove={value.length > 1 ? () => remove(credential) : undefined}
        />
      ))}
      {(value.length === 0 || (fault && fault.index >= value.length)) && error && <Input.Error>{error}</Input.Error>}
      {value.length < MOST_CREDENTIALS && (
        <Button ref={adding} variant="default" size="xs" leftSection={<PlusIcon />} style={{ alignSelf: 'start' }} onClick={add}>
          Add another identity
        </Button>
      )}
    </Stack>
  );
}
