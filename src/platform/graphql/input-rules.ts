import { IsInt, Max, Min, registerDecorator, type ValidationArguments } from 'class-validator';
import { hasHidden } from '../hidden-characters.js';
import { redact } from '../redaction.js';

const LONGEST_NAME = 100;
const LONGEST_AUDIENCE = 200;
/** 365 days. */
export const LONGEST_LIFETIME_SECONDS = 31_536_000;
const LARGEST_LIMIT = 1_000_000_000;
/** With blanks around it. */
const LONGEST_GIVEN_NAME = 1_000;
const AUDIENCE_FORM = new RegExp(`^[\\x21-\\x7E]{1,${LONGEST_AUDIENCE}}$`);

/** A rule for one field of an input. @param message what to change, without naming the field */
export function rule(message: string | ((value: unknown) => string), validate: (value: unknown) => boolean): PropertyDecorator {
  const defaultMessage = (context?: ValidationArguments) => (typeof message === 'string' ? message : message(context?.value));
  return (target, propertyName) =>
    registerDecorator({
      name: `${String(propertyName)}Rule`,
      target: target.constructor,
      propertyName: propertyName as string,
      validator: { validate, defaultMessage },
    });
}

/** Letters of every script, but nothing that makes one name look like another: no control, no override of direction and nothing that nobody sees. */
export function IsName(): PropertyDecorator {
  return rule(`Give a name of 1 to ${LONGEST_NAME} characters, none of them hidden and no secret among them.`, (value) => {
    if (typeof value !== 'string' || value.length > LONGEST_GIVEN_NAME || !value.isWellFormed()) return false;
    const length = [...value.trim()].length;
    return length >= 1 && length <= LONGEST_NAME && !hasHidden(value.trim()) && !holdsSecret(value);
  });
}

/** What to tell of a value that {@link holdsSecret}. */
export const SECRET_FAULT = 'This has the form of a secret or a token: give something else, and take what was pasted here for leaked.';

/** Whether a value, or what is in it, has the form of a secret or a token. */
export function holdsSecret(value: unknown): boolean {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return redact(text) !== text;
}

/** No secret by mistake: what is stored is read by more people than may have it. */
export function HoldsNoSecret(): PropertyDecorator {
  return rule(SECRET_FAULT, (value) => !holdsSecret(value));
}

/** Whether a value can be the audience of a token. @see https://www.rfc-editor.org/rfc/rfc8707#section-2 */
export function isAudience(value: unknown): boolean {
  return typeof value === 'string' && AUDIENCE_FORM.test(value) && URL.canParse(value) && !value.includes('#');
}

/** An absolute URI without a fragment. */
export function IsAudience(): PropertyDecorator {
  return rule(`Give an absolute URI of at most ${LONGEST_AUDIENCE} characters without a fragment.`, isAudience);
}

/** What a list may hold. */
interface ListRule {
  /** How many values at least; none when absent. */
  least?: number;
  most: number;
  of: (value: unknown) => boolean;
  message: string;
}

/**
 * A list of at most so many values, each once and each of one kind. Its length comes first, and the first value that does
 * not fit is the last that is looked at.
 */
export function IsListOf({ least = 0, most, of, message }: ListRule): PropertyDecorator {
  const findFault = (values: unknown): string | undefined => {
    if (Array.isArray(values) && values.length > most) return `Give at most ${most} values.`;
    if (!Array.isArray(values) || values.length < least || !values.every(of)) return message;
    if (values.some(holdsSecret)) return SECRET_FAULT;
    return new Set(values).size < values.length ? 'Give each value once.' : undefined;
  };
  return rule(
    (values) => findFault(values) ?? message,
    (values) => findFault(values) === undefined,
  );
}

/** How long tokens may live at all, in seconds. */
export function IsTokenLifetime(): PropertyDecorator {
  const options = { message: `Give a whole number of seconds from 1 to ${LONGEST_LIFETIME_SECONDS} (365 days).` };
  return (target, property) => {
    for (const limit of [IsInt(options), Min(1, options), Max(LONGEST_LIFETIME_SECONDS, options)]) limit(target, property as string);
  };
}

/** What a tenant may have or do at most. */
export function IsTenantLimit(): PropertyDecorator {
  const options = { message: `Give a whole number from 1 to ${LARGEST_LIMIT}, or null for what the settings say.` };
  return (target, property) => {
    for (const limit of [IsInt(options), Min(1, options), Max(LARGEST_LIMIT, options)]) limit(target, property as string);
  };
}
