import { Text } from '@mantine/core';
import { useAction, useMutate, useRefresh } from '../../api/action';
import { RevokeClientSecretDocument, type SecretRowFragment } from '../../api/generated';
import { useNow } from '../../ui/clock';
import { Confirm } from '../../ui/confirm';
import { tellDone } from '../../ui/toast';
import { relatively } from '../../words/moment';
import { hasSecretKey } from '../auth-method';
import type { ShownClient } from '../client/shown-client';
import { useClientDialogs } from '../dialogs-context';
import { isLive } from './secret-state';

/** Asks whether a secret shall end now, after saying who would notice. */
export function RevokeDialog({ client, secret, onClose }: { client: ShownClient; secret: SecretRowFragment; onClose(): void }) {
  const now = useNow();
  const { hint, lastUsedAt, rotation } = secret;
  const mutate = useMutate();
  const refresh = useRefresh();
  const revoke = useAction(async () => {
    await mutate(RevokeClientSecretDocument, { clientId: client.clientId, secretId: secret.id });
    onClose();
    refresh();
    tellDone(`The secret key of ${client.name} that ends in ${hint} was revoked.`);
  });
  const { openRotate } = useClientDialogs();
  const rotate = useAction(async () => {
    onClose();
    openRotate(client.clientId);
  });
  const isNeeded = client.enabled && hasSecretKey(client.authMethod) && client.secrets.filter((other) => isLive(other, now)).length === 1;
  return (
    <Confirm
      title={`Revoke the key that ends in ${hint}?`}
      {...(isNeeded ? { label: 'Rotate', action: rotate } : { label: 'Revoke', isDanger: true, action: revoke })}
      onClose={onClose}
    >
      {isNeeded && (
        <Text fw={600}>
          It is the only key that works, and the last one of an enabled client cannot be revoked: rotate it, so that a new one takes its
          place now or later, or disable the client.
        </Text>
      )}
      <Text fw={600}>
        {rotation.safeToRevoke && 'It is safe to revoke: a newer key is in use.'}
        {!rotation.safeToRevoke && lastUsedAt && `It is still needed: it was used ${relatively(lastUsedAt, now)}.`}
        {!rotation.safeToRevoke && !lastUsedAt && 'It was never used.'}
      </Text>
      <Text size="sm">
        It stops working at once, and introspection refuses every token that was issued for it. An API that checks tokens by itself accepts
        those until they expire. This cannot be undone.
      </Text>
    </Confirm>
  );
}
