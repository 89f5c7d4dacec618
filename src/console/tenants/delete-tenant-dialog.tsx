import { Text } from '@mantine/core';
import { useState } from 'react';
import { useAction, useMutate, useRefresh } from '../api/action';
import { DeleteTenantDocument, type TenantRowFragment } from '../api/generated';
import { Confirm } from '../ui/confirm';
import { tellDone } from '../ui/toast';
import { isConfirmed, TypedConfirmation } from '../ui/typed-confirmation';

/** Asks whether a tenant shall go, with everything in it. One that is enabled has to be disabled before. */
export function DeleteTenantDialog({ tenant: { name, host, enabled }, onClose }: { tenant: TenantRowFragment; onClose(): void }) {
  const [typed, setTyped] = useState('');
  const mutate = useMutate();
  const refresh = useRefresh();
  const remove = useAction(async () => {
    await mutate(DeleteTenantDocument, { host });
    onClose();
    refresh();
    tellDone(`${name} was deleted, with everything in it.`);
  });
  return (
    <Confirm
      title={`Delete ${name}?`}
      label="Delete tenant"
      isDanger
      canConfirm={!enabled && isConfirmed(typed, host)}
      action={remove}
      onClose={onClose}
    >
      <Text size="sm">
        Its clients, keys, sessions and its whole record go with it, and its host answers like an unknown one. This cannot be undone.
      </Text>
      {enabled ? (
        <Text fw={600}>It is enabled: disable it first, under Edit, and see that nobody misses it.</Text>
      ) : (
        <TypedConfirmation noun="host" text={host} isCode typed={typed} onType={setTyped} />
      )}
    </Confirm>
  );
}
