import type { TlsClientAuthInput } from '../../api/generated';

/** Which name of a certificate counts. */
export type NameKind = keyof TlsClientAuthInput;

/** The name that a client's certificates have, as a form has it. */
export interface NameDraft {
  kind: NameKind;
  value: string;
}

interface KindOfName {
  value: NameKind;
  label: string;
  hint: string;
  placeholder: string;
}

/** The names that a certificate may have, as people call them. */
export const NAME_KINDS: readonly KindOfName[] = [
  {
    value: 'subjectDn',
    label: 'Subject',
    hint: 'The whole of it, as openssl x509 -noout -subject -nameopt RFC2253 writes it. Capitals, blanks and order count.',
    placeholder: 'CN=billing,O=Example,C=DE',
  },
  {
    value: 'sanDns',
    label: 'DNS name',
    hint: 'One of its alternative names, without a wildcard.',
    placeholder: 'billing.example.com',
  },
  {
    value: 'sanUri',
    label: 'URI (SPIFFE ID)',
    hint: 'One of its alternative names, exactly. A mesh has SPIFFE IDs there.',
    placeholder: 'spiffe://example.org/ns/billing/sa/default',
  },
  { value: 'sanIp', label: 'IP address', hint: 'One of its alternative names: one address, no network.', placeholder: '192.0.2.7' },
  { value: 'sanEmail', label: 'E-mail address', hint: 'One of its alternative names.', placeholder: 'billing@example.com' },
];

/** A name that nothing is said of yet. */
export function emptyName(): NameDraft {
  return { kind: 'subjectDn', value: '' };
}

/** What is told of a kind of name. */
export function kindOf(kind: NameKind): KindOfName {
  return NAME_KINDS.find(({ value }) => value === kind) ?? (NAME_KINDS[0] as KindOfName);
}

/** A name of the API as the form has it. */
export function toNameDraft(known: Partial<Record<NameKind, string | null>> | null | undefined): NameDraft {
  const kind = NAME_KINDS.find(({ value }) => known?.[value] != null)?.value;
  return kind ? { kind, value: known?.[kind] ?? '' } : emptyName();
}

/** A name in the form of the API: one of them, and no other. */
export function toNameInput({ kind, value }: NameDraft): TlsClientAuthInput {
  return { [kind]: value.trim() };
}

/** A name in words. */
export function nameInWords({ kind, value }: NameDraft): string {
  return `${kindOf(kind).label}: ${value.trim()}`;
}

/** What is wrong with a name before the server is asked; null when nothing is. */
export function findNameFault({ value }: NameDraft): string | null {
  return value.trim() === '' ? 'Give the name that its certificate has.' : null;
}
