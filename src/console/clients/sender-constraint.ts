import type { SenderConstraint } from '../api/generated';

/** To what tokens have to be bound, as people call it. */
export const SENDER_CONSTRAINTS = [
  { value: 'NONE', label: 'Any', description: 'Whoever has one may use it, until it expires.' },
  {
    value: 'DPOP',
    label: 'Bound to a key (DPoP)',
    description: 'The application proves with each request that it holds a key (RFC 9449), and gets no token without that.',
  },
  {
    value: 'CERTIFICATE',
    label: 'Bound to its certificate',
    description: 'The application connects with a certificate (RFC 8705), here and wherever it uses them, and gets no token without one.',
  },
] as const satisfies readonly { value: SenderConstraint; label: string; description: string }[];

/** To what tokens have to be bound, in words. */
export function constraintInWords(constraint: SenderConstraint): string {
  const label = SENDER_CONSTRAINTS.find(({ value }) => value === constraint)?.label ?? constraint;
  return `${label.charAt(0).toLowerCase()}${label.slice(1)}`;
}

/** What bound tokens take, beside a request for one. */
export const BOUND_NOTES: Record<Exclude<SenderConstraint, 'NONE'>, string> = {
  DPOP: 'Its tokens are bound to a key: a DPoP header with a proof has to be sent as well, which curl does not make.',
  CERTIFICATE: 'Its tokens are bound to its certificate: it has to connect with that here, and wherever it uses them.',
};
