import { Text } from '@mantine/core';
import { useAction, useMutate, useRefresh } from '../api/action';
import { type KeyRowFragment, RotateSigningKeyDocument } from '../api/generated';
import { Confirm } from '../ui/confirm';
import { tellDone } from '../ui/toast';
import { exactly } from '../words/moment';

/** Asks whether the next key shall sign. */
export function RotateKeyDialog({ keys, onClose }: { keys: readonly KeyRowFragment[]; onClose(): void }) {
  const mutate = useMutate();
  const refresh = useRefresh();
  const next = keys.find(({ state }) => state === 'NEXT');
  const rotate = useAction(async () => {
    const { rotateSigningKey } = await mutate(RotateSigningKeyDocument, {});
    onClose();
    refresh();
    const planned = rotateSigningKey.find(({ state, activatesAt }) => state === 'NEXT' && activatesAt);
    tellDone(
      planned?.activatesAt
        ? `The key ${planned.kid} signs from ${exactly(planned.activatesAt)} on.`
        : 'The next signing key signs from now on.',
    );
  });
  return (
    <Confirm title="Rotate the signing key now?" label="Rotate now" action={rotate} onClose={onClose}>
      <Text size="sm">
        {next ? (
          <>
            The key <code>{next.kid}</code> takes over
          </>
        ) : (
          'The next key takes over'
        )}
        : at once when it was published ten minutes ago or longer, otherwise as soon as it was. Tokens that the present key signed stay
        good. No application and no API notices.
      </Text>
    </Confirm>
  );
}
