import { Text } from '@mantine/core';
import { useState } from 'react';
import { useAction, useMutate, useRefresh } from '../../api/action';
import { type AuthorityRowFragment, DeleteCertificateAuthorityDocument } from '../../api/generated';
import { Confirm } from '../../ui/confirm';
import { LongText } from '../../ui/long-text';
import { tellDone } from '../../ui/toast';
import { isConfirmed, TypedConfirmation } from '../../ui/typed-confirmation';

/** Asks whether an authority shall be trusted no more, after saying what ends with it. */
export function DeleteAuthorityDialog({ row, onClose }: { row: AuthorityRowFragment; onClose(): void }) {
  const { name, subject, fingerprint } = row;
  const [typed, setTyped] = useState('');
  const mutate = useMutate();
  const refresh = useRefresh();
  const remove = useAction(async () => {
    await mutate(DeleteCertificateAuthorityDocument, { fingerprint });
    onClose();
    refresh();
    tellDone(`${name} is trusted no more.`);
  });
  return (
    <Confirm
      title={`Delete ${name}?`}
      label="Delete authority"
      isDanger
      canConfirm={isConfirmed(typed, name)}
      action={remove}
      onClose={onClose}
    >
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        Every client that proves itself by a certificate of{' '}
        <b>
          <bdi>
            <LongText text={subject} of="the subject" />
          </bdi>
        </b>{' '}
        gets no access token from then on. Tokens that were issued go on until they expire. The clients stay, and the authority can be added
        again from its certificate.
      </Text>
      <TypedConfirmation noun="name" text={name} typed={typed} onType={setTyped} />
    </Confirm>
  );
}
