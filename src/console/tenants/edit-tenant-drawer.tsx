import { useApolloClient } from '@apollo/client/react';
import { NativeSelect, NumberInput, Switch, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useMutate } from '../api/action';
import {
  type AccessTokenType,
  type SigningAlgorithm,
  TenantDocument,
  type TenantRowFragment,
  UpdateTenantDocument,
  type UpdateTenantInput,
} from '../api/generated';
import type { Settings } from '../ui/draft';
import { LockedField } from '../ui/locked-field';
import { VersionedForm } from '../ui/versioned-form';
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
  { name: 'maxClients', description: 'How many it may have. Empty: what the server’s settings say.' },
  { name: 'maxMutationsPerMinute', description: 'Past it they wait; what ends access goes on.' },
  { name: 'maxRecordBytesPerDay', description: 'Past it changes wait for the next day (UTC).' },
] as const;

const ALGORITHMS: SigningAlgorithm[] = ['ES256', 'EdDSA', 'RS256'];

const words = (value: number | string | null) => (value === '' || value === null ? 'what the server’s settings say' : String(value));
const lifetime = (seconds: number | string) => lifetimeInWords(Number(seconds) || 0);

/** What is told of each when two people changed the same tenant. */
const SETTINGS: Settings<Draft> = {
  name: ['Name', String],
  enabled: ['Enabled', (isEnabled) => (isEnabled ? 'yes' : 'no')],
  minAccessTokenLifetime: ['Shortest access token lifetime', lifetime],
  maxAccessTokenLifetime: ['Longest access token lifetime', lifetime],
  accessTokenType: ['Access token type', String],
  defaultAudience: ['Default audience', (audience) => audience.trim() || 'the issuer’s /api'],
  signingAlgorithm: ['Signing algorithm', String],
  maxClients: ['Most clients', words],
  maxMutationsPerMinute: ['Most changes a minute', words],
  maxRecordBytesPerDay: ['Most bytes of record a day', words],
};

/** Where a tenant is changed. */
export function EditTenantDrawer({ tenant, onClose }: { tenant: TenantRowFragment; onClose(): void }) {
  const mutate = useMutate();
  const api = useApolloClient();
  const { host } = tenant;
  return (
    <VersionedForm
      noun="tenant"
      first={tenant}
      settings={SETTINGS}
      toDraft={toDraft}
      send={({ version }, changes) => mutate(UpdateTenantDocument, { host, input: { ...toInput(changes), version } })}
      read={async () => {
        const { data } = await api.query({ query: TenantDocument, variables: { host }, fetchPolicy: 'network-only' });
        return data?.tenant;
      }}
      onClose={onClose}
    >
      {(form, base) => <Fields base={base} form={form} />}
    </VersionedForm>
  );
}

function Fields({ base, form }: { base: TenantRowFragment; form: TenantForm }) {
  return (
    <>
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
      {LIMITS.map(({ name, description }) => (
        <NumberInput key={name} label={SETTINGS[name][0]} description={description} {...WHOLE} {...form.getInputProps(name)} />
      ))}
    </>
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

/** Changes in the form of the API. */
function toInput({
  minAccessTokenLifetime: least,
  maxAccessTokenLifetime: most,
  defaultAudience,
  ...rest
}: Partial<Draft>): UpdateTenantInput {
  const limits = LIMITS.flatMap(({ name }) => (rest[name] === undefined ? [] : [[name, rest[name] === '' ? null : Number(rest[name])]]));
  return {
    ...rest,
    ...(least !== undefined && { minAccessTokenLifetime: Number(least) }),
    ...(most !== undefined && { maxAccessTokenLifetime: Number(most) }),
    ...(defaultAudience !== undefined && { defaultAudience: defaultAudience.trim() || null }),
    ...Object.fromEntries(limits),
  };
}
