import { Text } from '@mantine/core';
import { useState } from 'react';
import { useMutate, useRefresh } from '../../api/action';
import { EndPreviousAuthMethodDocument, RestorePreviousAuthMethodDocument } from '../../api/generated';
import { useNow } from '../../ui/clock';
import { Confirm } from '../../ui/confirm';
import { tellDone } from '../../ui/toast';
import { relatively } from '../../words/moment';
import { labelOf } from '../auth-method';
import { DAY_SECONDS, OverlapChoice } from '../secrets/overlap-choice';
import type { FormerWay, ProvenClient } from './proven-client';
import { useSeenAction } from './seen-action';

interface FormerDialogProps {
  client: ProvenClient;
  former: FormerWay;
  onClose(): void;
}

const LOOK = 'Whether it was done is not known: close this and look at the ways in use.';

/** Asks whether the way before shall end now, after saying who would notice. */
export function EndDialog({ client, former, onClose }: FormerDialogProps) {
  const now = useNow();
  const mutate = useMutate();
  const refresh = useRefresh();
  const way = labelOf(former.authMethod);
  const { lastUsedAt } = former.use;
  const end = useSeenAction(client.clientId, async () => {
    await mutate(EndPreviousAuthMethodDocument, { clientId: client.clientId, version: client.version });
    onClose();
    refresh();
    tellDone(`${client.name} proves itself by ${labelOf(client.authMethod)} alone.`);
  });
  return (
    <Confirm title={`End ${way} now?`} label="End it now" isDanger action={end} ifUnknown={LOOK} onClose={onClose}>
      <Text fw={600}>
        {former.safeToEnd && 'It is safe to end: the present way is in use, and this one is not.'}
        {!former.safeToEnd && lastUsedAt && `It may still be needed: it was used ${relatively(lastUsedAt, now)}.`}
        {!former.safeToEnd && !lastUsedAt && 'It was not used since the change. Whether the present way works is not known for sure yet.'}
      </Text>
      <Text size="sm">
        From then on <bdi>{client.name}</bdi> proves itself by {labelOf(client.authMethod)} alone. Introspection refuses the tokens that
        were issued for {way}; an API that checks tokens by itself accepts those until they expire. This cannot be undone.
      </Text>
    </Confirm>
  );
}

/** Asks whether the way before shall be the present one again. */
export function BackDialog({ client, former, onClose }: FormerDialogProps) {
  const now = useNow();
  const [overlapSeconds, setOverlap] = useState<number>(DAY_SECONDS);
  const mutate = useMutate();
  const refresh = useRefresh();
  const way = labelOf(former.authMethod);
  const back = useSeenAction(client.clientId, async () => {
    await mutate(RestorePreviousAuthMethodDocument, { clientId: client.clientId, overlapSeconds, version: client.version });
    onClose();
    refresh();
    tellDone(`${client.name} proves itself by ${way} again.`);
  });
  return (
    <Confirm title={`Go back to ${way}?`} label="Go back" action={back} ifUnknown={LOOK} onClose={onClose}>
      <Text size="sm">
        {way} goes on without an end, with the same keys and credentials as before. {labelOf(client.authMethod)} becomes the way that ends.
        Tokens go on.
      </Text>
      <OverlapChoice noun="way" seconds={overlapSeconds} onChange={setOverlap} now={now}>
        Whoever proves themselves by {labelOf(client.authMethod)} is refused from this moment on.
      </OverlapChoice>
    </Confirm>
  );
}
