import { Button, Chip, Group, NativeSelect, Text, TextInput } from '@mantine/core';
import type { IssuerRowFragment } from '../../api/generated';
import { useViewer } from '../../api/viewer';
import { LongText } from '../../ui/long-text';
import { MONOSPACE } from '../../ui/monospace';
import { PLAIN_TEXT } from '../../words/plain-text';
import { PLATFORMS, platformOf, type SubjectPreset } from '../issuers/platforms';
import { ClaimsField } from './claims-field';
import { type CredentialDraft, withSubject } from './credential-draft';
import { type CredentialPart, partOf } from './credential-fault';
import classes from './credentials-field.module.css';

interface CredentialCardProps {
  number: number;
  credential: CredentialDraft;
  issuers: readonly IssuerRowFragment[] | undefined;
  fault: string | undefined;
  /** Whether somebody just asked for it: it has the focus from the beginning. */
  isAdded: boolean;
  onChange(credential: CredentialDraft): void;
  /** Absent for the only one. */
  onRemove: (() => void) | undefined;
}

/** Platforms whose issuer may have any name, for one that is of none by its own. */
const ANYWHERE = ['Kubernetes', 'GitLab'];

/** What a token of one issuer has to say: all of it together. */
export function CredentialCard({ number, credential, issuers, fault, isAdded, onChange, onRemove }: CredentialCardProps) {
  const change = (part: Partial<CredentialDraft>) => onChange({ ...credential, ...part });
  const faultOf = (part: CredentialPart) => (fault !== undefined && partOf(fault) === part ? fault : undefined);
  return (
    <fieldset className={classes.card}>
      <legend className={classes.legend}>Identity {number}</legend>
      <IssuerField
        value={credential.issuer}
        issuers={issuers}
        error={faultOf('issuer')}
        autoFocus={isAdded}
        onChange={(issuer) => change({ issuer })}
      />
      <SubjectField credential={credential} fault={faultOf('subject')} onChange={onChange} />
      <ClaimsField claims={credential.claims} fault={faultOf('claims')} onChange={(claims) => change({ claims })} />
      <AudienceField value={credential.audience} error={faultOf('audience')} onChange={(audience) => change({ audience })} />
      {onRemove && (
        <Button variant="default" size="xs" style={{ justifySelf: 'start' }} onClick={onRemove}>
          Remove identity {number}
        </Button>
      )}
    </fieldset>
  );
}

interface IssuerFieldProps {
  value: string;
  issuers: readonly IssuerRowFragment[] | undefined;
  error: string | undefined;
  autoFocus: boolean;
  onChange(issuer: string): void;
}

/** One that a credential names and that is trusted no more is offered as well: it is what the credential has. */
function IssuerField({ value, issuers, error, autoFocus, onChange }: IssuerFieldProps) {
  const isKnown = value === '' || issuers?.some(({ issuer }) => issuer === value);
  const known = (issuers ?? []).map(({ name, issuer, enabled }) => ({ value: issuer, label: `${name}${enabled ? '' : ' (disabled)'}` }));
  return (
    <NativeSelect
      label="Trusted issuer"
      description={value && <LongText text={value} of="the issuer" />}
      data={[
        ...(value === '' ? [{ value: '', label: 'Choose one' }] : []),
        ...known,
        ...(isKnown ? [] : [{ value, label: issuers ? `${value} (not trusted)` : value }]),
      ]}
      value={value}
      error={error}
      autoFocus={autoFocus}
      styles={{ description: { overflowWrap: 'anywhere' } }}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

interface SubjectFieldProps extends Pick<CredentialCardProps, 'credential' | 'fault' | 'onChange'> {}

function SubjectField({ credential, fault, onChange }: SubjectFieldProps) {
  const { subject, isPattern } = credential;
  const hint = isPattern
    ? 'What the whole sub has to fit: * stands for characters but : and /, ** for all but :.'
    : 'The sub of the token, exactly.';
  return (
    <div>
      <TextInput
        label={isPattern ? 'Subject pattern' : 'Subject'}
        description={hint}
        value={subject}
        error={fault}
        {...MONOSPACE}
        onChange={(event) => onChange({ ...credential, subject: event.currentTarget.value })}
        {...PLAIN_TEXT}
      />
      <Group gap={4} mt={8}>
        <Chip size="xs" variant="light" checked={isPattern} onChange={(is) => onChange({ ...credential, isPattern: is })}>
          Pattern
        </Chip>
        <Presets credential={credential} onChange={onChange} />
      </Group>
    </div>
  );
}

function Presets({ credential, onChange }: Omit<SubjectFieldProps, 'fault'>) {
  if (credential.issuer === '') return null;
  const platform = platformOf(credential.issuer);
  const offered = platform ? [platform] : PLATFORMS.filter(({ name }) => ANYWHERE.includes(name));
  const presets = offered.flatMap(({ name, subjects }) =>
    subjects.map((preset): SubjectPreset => (platform ? preset : { ...preset, label: `${name}: ${preset.label}` })),
  );
  return (
    <>
      <Text span size="xs" c="dimmed" ml={4}>
        Begin with
      </Text>
      {presets.map((preset) => (
        <Button key={preset.label} variant="subtle" size="compact-xs" onClick={() => onChange(withSubject(credential, preset))}>
          {preset.label}
        </Button>
      ))}
    </>
  );
}

interface AudienceFieldProps {
  value: string;
  error: string | undefined;
  onChange(audience: string): void;
}

function AudienceField({ value, error, onChange }: AudienceFieldProps) {
  const { tenant } = useViewer();
  return (
    <TextInput
      label="Audience"
      description={`The one aud of the token. Without one it is ${tenant.issuer}.`}
      placeholder={tenant.issuer}
      value={value}
      error={error}
      styles={{ description: { overflowWrap: 'anywhere' } }}
      onChange={(event) => onChange(event.currentTarget.value)}
      {...PLAIN_TEXT}
    />
  );
}
