import { Text } from '@mantine/core';
import { useState } from 'react';
import { useAction, useMutate, useRefresh } from '../../api/action';
import { DeleteTrustedIssuerDocument, type IssuerRowFragment } from '../../api/generated';
import { Confirm } from '../../ui/confirm';
import { LongText } from '../../ui/long-text';
import { tellDone } from '../../ui/toast';
import { isConfirmed, TypedConfirmation } from '../../ui/typed-confirmation';
import classes from './issuers.module.css';

/** Asks whether an issuer shall be trusted no more, after saying what ends with it. */
export function DeleteIssuerDialog({ row: { name, issuer, enabled }, onClose }: { row: IssuerRowFragment; onClose(): void }) {
  const [typed, setTyped] = useState('');
  const mutate = useMutate();
  const refresh = useRefresh();
  const remove = useAction(async () => {
    await mutate(DeleteTrustedIssuerDocument, { issuer });
    onClose();
    refresh();
    tellDone(`${name} is trusted no more.`);
  });
  return (
    <Confirm
      title={`Delete ${name}?`}
      label="Delete issuer"
      isDanger
      canConfirm={isConfirmed(typed, name)}
      action={remove}
      onClose={onClose}
    >
      <Text size="sm">
        Every client that proves itself by tokens of{' '}
        <code className={classes.issuer}>
          <LongText text={issuer} of="the issuer" />
        </code>{' '}
        gets no access token from then on, and those that were issued through it are cut at once. An API that checks tokens by itself
        accepts them until they expire. The clients stay, with credentials that prove nothing. This cannot be undone.
      </Text>
      {enabled && (
        <Text size="sm" fw={500}>
          Not sure? Disable it under Edit: that stops the same, and it can be enabled again.
        </Text>
      )}
      <TypedConfirmation noun="name" text={name} typed={typed} onType={setTyped} />
    </Confirm>
  );
}
