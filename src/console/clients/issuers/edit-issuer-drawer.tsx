import { useApolloClient } from '@apollo/client/react';
import { Switch, TextInput } from '@mantine/core';
import { useMutate } from '../../api/action';
import { type IssuerRowFragment, TrustedIssuersDocument, UpdateTrustedIssuerDocument } from '../../api/generated';
import { LockedField } from '../../ui/locked-field';
import { VersionedForm } from '../../ui/versioned-form';
import { PLAIN_TEXT } from '../../words/plain-text';
import { FAULTS, SETTINGS, toIssuerDraft, toUpdateInput } from './issuer-draft';
import { IssuerFields } from './issuer-fields';

/** Where a trusted issuer is changed. What it is called in tokens never changes. */
export function EditIssuerDrawer({ row, onClose }: { row: IssuerRowFragment; onClose(): void }) {
  const mutate = useMutate();
  const api = useApolloClient();
  const { issuer } = row;
  return (
    <VersionedForm
      noun="issuer"
      first={row}
      settings={SETTINGS}
      toDraft={toIssuerDraft}
      validate={() => FAULTS}
      send={({ version }, changes) => mutate(UpdateTrustedIssuerDocument, { issuer, input: { ...toUpdateInput(changes), version } })}
      read={async () => {
        const { data } = await api.query({ query: TrustedIssuersDocument, fetchPolicy: 'network-only' });
        return data?.trustedIssuers.find((one) => one.issuer === issuer);
      }}
      onClose={onClose}
    >
      {(form, base) => (
        <>
          <LockedField label="Issuer" value={base.issuer} isCode />
          <TextInput label="Name" {...PLAIN_TEXT} {...form.getInputProps('name')} />
          <Switch
            label="Enabled"
            description={
              form.values.enabled
                ? 'Its tokens prove clients.'
                : 'Its tokens prove nobody, and access tokens that were issued through it are cut for good.'
            }
            {...form.getInputProps('enabled', { type: 'checkbox' })}
          />
          <IssuerFields form={form} />
        </>
      )}
    </VersionedForm>
  );
}
