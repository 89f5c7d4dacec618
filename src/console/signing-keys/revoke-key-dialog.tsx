import { Text } from '@mantine/core';
import { useAction, useMutate, useRefresh } from '../api/action';
import { type KeyRowFragment, RevokeSigningKeyDocument } from '../api/generated';
import { Confirm } from '../ui/confirm';
import { tellDone } from '../ui/toast';

/** Asks whether a key shall be withdrawn with all that it signed. */
export function RevokeKeyDialog({ signingKey: { kid, state }, onClose }: { signingKey: KeyRowFragment; onClose(): void }) {
  const mutate = useMutate();
  const refresh = useRefresh();
  const revoke = useAction(async () => {
    await mutate(RevokeSigningKeyDocument, { kid });
    onClose();
    refresh();
    tellDone(`The signing key ${kid} was revoked.`);
  });
  return (
    <Confirm title={`Revoke the key ${kid}?`} label="Revoke" isDanger action={revoke} onClose={onClose}>
      <Text fw={600}>Only for a key that is in wrong hands.</Text>
      <Text size="sm">
        {state === 'NEXT'
          ? 'It has signed nothing yet, and will not.'
          : 'Every token that it signed is refused by introspection at once, and by an API that checks tokens by itself as soon as that reads the JWKS anew. Their applications have to ask for new ones.'}{' '}
        {state === 'ACTIVE' && 'The next key signs from then on. '}This cannot be undone.
      </Text>
    </Confirm>
  );
}
