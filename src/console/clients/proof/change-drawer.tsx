import { Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutate, useRefresh } from '../../api/action';
import { ChangeClientAuthMethodDocument } from '../../api/generated';
import { useViewer } from '../../api/viewer';
import { useNow } from '../../ui/clock';
import { placeFaults } from '../../ui/field-faults';
import { FormDrawer } from '../../ui/form-drawer';
import { tellDone } from '../../ui/toast';
import { Trouble } from '../../ui/trouble';
import { exactly } from '../../words/moment';
import { type AuthMethod, labelOf } from '../auth-method';
import { useClientDialogs } from '../dialogs-context';
import { DAY_SECONDS, OverlapChoice } from '../secrets/overlap-choice';
import { Vault } from '../secrets/vault';
import { emptyCredential } from './credential-draft';
import { emptyProof, PROOF_FAULTS, type ProofDraft, toProofInput } from './proof-draft';
import { ProofFields } from './proof-fields';
import type { ProvenClient } from './proven-client';
import { useSeenAction } from './seen-action';

interface ChangeDraft extends ProofDraft {
  overlapSeconds: number;
}

const LOST_ANSWER =
  'Whether it was changed is not known: close this and look at the ways in use. If it has a secret key now, that was not shown: rotate it.';

/** Where a client comes to another way to prove itself, while the present one goes on for as long as it is needed. */
export function ChangeDrawer({ client, onClose }: { client: ProvenClient; onClose(): void }) {
  const now = useNow();
  const form = useForm<ChangeDraft>({ initialValues: initialOf(client.authMethod), validate: PROOF_FAULTS });
  const change = useChange(client, form, onClose);
  const save = () => {
    if (!form.validate().hasErrors) void change.run(form.getValues());
  };
  const title = (
    <>
      Change how <bdi>{client.name}</bdi> proves itself
    </>
  );
  return (
    <FormDrawer title={title} label="Change" isDirty={form.isDirty()} isBusy={change.isBusy} onSave={save} onClose={onClose}>
      <Text size="sm">
        Now it is <b>{labelOf(client.authMethod)}</b>.
      </Text>
      <ProofFields form={form} label="Authentication" description="How it proves who it is from now on." without={client.authMethod} />
      <Former client={client} chosen={form.values.authMethod} />
      <OverlapChoice
        noun="way"
        seconds={form.values.overlapSeconds}
        onChange={(seconds) => form.setFieldValue('overlapSeconds', seconds)}
        now={now}
      >
        Whoever still proves themselves the current way is refused from this moment on, until they have changed over.
      </OverlapChoice>
      <Trouble failure={change.failure} form={form} ifUnknown={LOST_ANSWER} />
    </FormDrawer>
  );
}

function initialOf(present: AuthMethod): ChangeDraft {
  const authMethod = present === 'FEDERATED_JWT' ? 'SECRET' : 'FEDERATED_JWT';
  return { ...emptyProof(authMethod), federatedCredentials: [emptyCredential()], overlapSeconds: DAY_SECONDS };
}

/** What becomes of a way before the present one: two at once are the most. */
function Former({ client: { previousAuthMethod: former }, chosen }: { client: ProvenClient; chosen: AuthMethod }) {
  if (!former) return null;
  return (
    <Text size="sm" fw={500}>
      {former.authMethod === chosen
        ? `${labelOf(chosen)} still works until ${exactly(former.endsAt)}: to keep what is in use of it, close this and press Go back.`
        : `${labelOf(former.authMethod)}, the way before, ends with this change: two at once are the most.`}
    </Text>
  );
}

/** For the client as it was seen. Where the new way has a secret, that is shown right after. */
function useChange({ clientId, version }: ProvenClient, form: Parameters<typeof placeFaults>[0], onClose: () => void) {
  const { tenant } = useViewer();
  const { show } = useClientDialogs();
  const mutate = useMutate();
  const refresh = useRefresh();
  return useSeenAction(clientId, async ({ overlapSeconds, ...proof }: ChangeDraft) => {
    try {
      const input = { ...toProofInput(proof), overlapSeconds, version };
      const { changeClientAuthMethod } = await mutate(ChangeClientAuthMethodDocument, { clientId, input });
      const { client, clientSecret } = changeClientAuthMethod;
      const done = `${client.name} proves itself by ${labelOf(client.authMethod)} now.`;
      onClose();
      refresh();
      if (clientSecret == null) tellDone(done);
      else show({ ...client, done, issuer: tenant.issuer, vault: new Vault(clientSecret) });
    } catch (error) {
      placeFaults(form, error);
      throw error;
    }
  });
}
