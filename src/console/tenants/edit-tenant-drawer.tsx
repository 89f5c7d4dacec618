import { NativeSelect, NumberInput, Switch, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useAction, useMutate, useRefresh } from '../api/action';
import { type SigningAlgorithm, type TenantRowFragment, UpdateTenantDocument, type UpdateTenantInput } from '../api/generated';
import { placeFaults } from '../clients/field-faults';
import { LockedField } from '../clients/locked-field';
import { lifetimeInWords } from '../look/duration';
import { FormDrawer } from '../look/form-drawer';
import { PLAIN_TEXT } from '../look/plain-text';
import { tellDone } from '../look/toast';
import { Trouble } from '../look/trouble';

interface Draft {
  name: string;
  enabled: boolean;
  minAccessTokenLifetime: number | string;
  maxAccessTokenLifetime: number | string;
  defaultAudience: string;
  signingAlgorithm: SigningAlgorithm;
}

const ALGORITHMS: SigningAlgorithm[] = ['ES256', 'EdDSA', 'RS256'];

/** Where a tenant is changed. */
export function EditTenantDrawer({ tenant, onClose }: { tenant: TenantRowFragment; onClose(): void }) {
  const form = useForm<Draft>({ initialValues: toDraft(tenant) });
  const changes = changesOf(toDraft(tenant), form.values);
  const hasChanges = Object.keys(changes).length > 0;
  const save = useSave(tenant, { form, onClose });
  const { enabled, minAccessTokenLifetime: least, maxAccessTokenLifetime: most } = form.values;
  const run = () => void save.run({ ...changes, version: tenant.version });
  return (
    <FormDrawer title={`Edit ${tenant.name}`} isDirty={hasChanges} isBusy={save.isBusy} canSave={hasChanges} onSave={run} onClose={onClose}>
      <LockedField label="Host" value={tenant.host} isCode />
      <TextInput label="Name" {...PLAIN_TEXT} {...form.getInputProps('name')} />
      {!tenant.isHome && (
        <Switch
          label="Enabled"
          description={enabled ? 'It is served.' : 'Its host answers like an unknown one; its tokens and sessions end for good.'}
          {...form.getInputProps('enabled', { type: 'checkbox' })}
        />
      )}
      <NumberInput
        label="Shortest access token lifetime"
        description={`In seconds: ${lifetimeInWords(Number(least) || 0)}. Clients keep what they have.`}
        {...WHOLE}
        {...form.getInputProps('minAccessTokenLifetime')}
      />
      <NumberInput
        label="Longest access token lifetime"
        description={`In seconds: ${lifetimeInWords(Number(most) || 0)}.`}
        {...WHOLE}
        {...form.getInputProps('maxAccessTokenLifetime')}
      />
      {!tenant.isHome && (
        <>
          <TextInput
            label="Default audience"
            description="Of clients that are created without one, as an absolute URI. Empty: the issuer’s /api."
            {...PLAIN_TEXT}
            {...form.getInputProps('defaultAudience')}
          />
          <NativeSelect
            label="Signing algorithm"
            description="From ten minutes after the change on, when every API can know the new key."
            data={ALGORITHMS}
            {...form.getInputProps('signingAlgorithm')}
          />
        </>
      )}
      <Trouble failure={save.failure} />
    </FormDrawer>
  );
}

const WHOLE = { allowDecimal: false, allowNegative: false, clampBehavior: 'none', hideControls: true } as const;

function useSave({ host, name }: TenantRowFragment, { form, onClose }: { form: Parameters<typeof placeFaults>[0]; onClose(): void }) {
  const mutate = useMutate();
  const refresh = useRefresh();
  return useAction(async (input: UpdateTenantInput) => {
    try {
      await mutate(UpdateTenantDocument, { host, input });
      onClose();
      refresh();
      tellDone(`${name} was saved.`);
    } catch (error) {
      placeFaults(form, error);
      throw error;
    }
  });
}

function toDraft(tenant: TenantRowFragment): Draft {
  const { name, enabled, minAccessTokenLifetime, maxAccessTokenLifetime, defaultAudience } = tenant;
  return {
    name,
    enabled,
    minAccessTokenLifetime,
    maxAccessTokenLifetime,
    defaultAudience,
    signingAlgorithm: tenant.signingAlgorithm ?? 'ES256',
  };
}

/** What differs, in the form of the API. */
function changesOf(before: Draft, draft: Draft): UpdateTenantInput {
  return {
    ...(draft.name !== before.name && { name: draft.name }),
    ...(draft.enabled !== before.enabled && { enabled: draft.enabled }),
    ...(draft.minAccessTokenLifetime !== before.minAccessTokenLifetime && { minAccessTokenLifetime: Number(draft.minAccessTokenLifetime) }),
    ...(draft.maxAccessTokenLifetime !== before.maxAccessTokenLifetime && { maxAccessTokenLifetime: Number(draft.maxAccessTokenLifetime) }),
    ...(draft.defaultAudience !== before.defaultAudience && { defaultAudience: draft.defaultAudience.trim() || null }),
    ...(draft.signingAlgorithm !== before.signingAlgorithm && { signingAlgorithm: draft.signingAlgorithm }),
  };
}
