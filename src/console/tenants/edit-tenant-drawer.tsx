import { useApolloClient } from '@apollo/client/react';
import { NativeSelect, NumberInput, Switch, TextInput } from '@mantine/core';
import { type UseFormReturnType, useForm } from '@mantine/form';
import { useState } from 'react';
import { useAction, useMutate, useRefresh } from '../api/action';
import { toFailure } from '../api/failure';
import {
  type AccessTokenType,
  type SigningAlgorithm,
  TenantDocument,
  type TenantRowFragment,
  UpdateTenantDocument,
  type UpdateTenantInput,
} from '../api/generated';
import { placeFaults } from '../clients/field-faults';
import { LockedField } from '../clients/locked-field';
import { FormDrawer } from '../ui/form-drawer';
import { tellDone } from '../ui/toast';
import { Trouble } from '../ui/trouble';
import { lifetimeInWords } from '../words/duration';
import { PLAIN_TEXT } from '../words/plain-text';

interface Draft {
  name: string;
  enabled: boolean;
  minAccessTokenLifetime: number | string;
  maxAccessTokenLifetime: number | string;
  maxClients: number | string;
  maxMutationsPerMinute: number | string;
  maxRecordBytesPerDay: number | string;
  defaultAudience: string;
  signingAlgorithm: SigningAlgorithm;
  accessTokenType: AccessTokenType;
}

const TYPES: { value: AccessTokenType; label: string }[] = [
  { value: 'AT_JWT', label: 'at+jwt' },
  { value: 'JWT', label: 'JWT' },
];

const LIMITS = [
  { name: 'maxClients', label: 'Most clients', description: 'How many it may have. Empty: what the server’s settings say.' },
  { name: 'maxMutationsPerMinute', label: 'Most changes a minute', description: 'Past it they wait; what ends access goes on.' },
  { name: 'maxRecordBytesPerDay', label: 'Most bytes of record a day', description: 'Past it changes wait for the next day (UTC).' },
] as const;

const ALGORITHMS: SigningAlgorithm[] = ['ES256', 'EdDSA', 'RS256'];

/** Where a tenant is changed. What somebody else saved in between stays, where one did not touch it oneself. */
export function EditTenantDrawer({ tenant, onClose }: { tenant: TenantRowFragment; onClose(): void }) {
  const [base, setBase] = useState(tenant);
  const form = useForm<Draft>({ initialValues: toDraft(tenant) });
  const changes = changesOf(toDraft(base), form.values);
  const hasChanges = Object.keys(changes).length > 0;
  const rebase = (now: TenantRowFragment) => {
    form.setValues({ ...toDraft(now), ...draftOf(base, form.values) });
    setBase(now);
  };
  const save = useSave(base, { form, rebase, onClose });
  const run = () => void save.run({ ...changes, version: base.version });
  return (
    <FormDrawer title={`Edit ${base.name}`} isDirty={hasChanges} isBusy={save.isBusy} canSave={hasChanges} onSave={run} onClose={onClose}>
      <LockedField label="Host" value={base.host} isCode />
      <TextInput label="Name" {...PLAIN_TEXT} {...form.getInputProps('name')} />
      {!base.isHome && (
        <Switch
          label="Enabled"
          description={
            form.values.enabled ? 'It is served.' : 'Its host answers like an unknown one; its tokens and sessions end for good.'
          }
          {...form.getInputProps('enabled', { type: 'checkbox' })}
        />
      )}
      <Tokens form={form} />
      {!base.isHome && <Defaults form={form} />}
      {LIMITS.map(({ name, ...texts }) => (
        <NumberInput key={name} {...texts} {...WHOLE} {...form.getInputProps(name)} />
      ))}
      <Trouble failure={save.failure} />
    </FormDrawer>
  );
}

type TenantForm = UseFormReturnType<Draft>;

function Tokens({ form }: { form: TenantForm }) {
  const { minAccessTokenLifetime: least, maxAccessTokenLifetime: most } = form.values;
  return (
    <>
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
      <NativeSelect
        label="Access token type"
        description="The typ in a token’s header. JWT is for APIs that refuse at+jwt."
        data={TYPES}
        {...form.getInputProps('accessTokenType')}
      />
    </>
  );
}

/** Those of the home tenant are the operator's to set. */
function Defaults({ form }: { form: TenantForm }) {
  return (
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
  );
}

const WHOLE = { allowDecimal: false, allowNegative: false, clampBehavior: 'none', hideControls: true } as const;

interface SaveParts {
  form: TenantForm;
  /** Takes up what somebody else saved in between. */
  rebase(now: TenantRowFragment): void;
  onClose(): void;
}

function useSave({ host, name }: TenantRowFragment, { form, rebase, onClose }: SaveParts) {
  const api = useApolloClient();
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
      if (toFailure(error).code === 'CONFLICT') {
        const { data } = await api.query({ query: TenantDocument, variables: { host }, fetchPolicy: 'network-only' });
        if (data?.tenant) rebase(data.tenant);
      }
      throw error;
    }
  });
}

function toDraft(tenant: TenantRowFragment): Draft {
  const { name, enabled, minAccessTokenLifetime, maxAccessTokenLifetime, defaultAudience, accessTokenType } = tenant;
  const { maxClients, maxMutationsPerMinute, maxRecordBytesPerDay } = tenant;
  return {
    name,
    enabled,
    minAccessTokenLifetime,
    maxAccessTokenLifetime,
    maxClients,
    maxMutationsPerMinute,
    maxRecordBytesPerDay,
    defaultAudience,
    accessTokenType,
    signingAlgorithm: tenant.signingAlgorithm ?? 'ES256',
  };
}

/** What was changed of a tenant, as the form has it. */
function draftOf(base: TenantRowFragment, draft: Draft): Partial<Draft> {
  const before = toDraft(base);
  const changed = (Object.keys(draft) as (keyof Draft)[]).filter((name) => draft[name] !== before[name]);
  return Object.fromEntries(changed.map((name) => [name, draft[name]]));
}

/** What differs, in the form of the API. */
function changesOf(before: Draft, draft: Draft): UpdateTenantInput {
  return {
    ...(draft.name !== before.name && { name: draft.name }),
    ...(draft.enabled !== before.enabled && { enabled: draft.enabled }),
    ...(draft.minAccessTokenLifetime !== before.minAccessTokenLifetime && { minAccessTokenLifetime: Number(draft.minAccessTokenLifetime) }),
    ...(draft.maxAccessTokenLifetime !== before.maxAccessTokenLifetime && { maxAccessTokenLifetime: Number(draft.maxAccessTokenLifetime) }),
    ...(draft.defaultAudience !== before.defaultAudience && { defaultAudience: draft.defaultAudience.trim() || null }),
    ...(draft.accessTokenType !== before.accessTokenType && { accessTokenType: draft.accessTokenType }),
    ...(draft.signingAlgorithm !== before.signingAlgorithm && { signingAlgorithm: draft.signingAlgorithm }),
    ...Object.fromEntries(
      LIMITS.filter(({ name }) => draft[name] !== before[name]).map(({ name }) => [name, draft[name] === '' ? null : Number(draft[name])]),
    ),
  };
}
