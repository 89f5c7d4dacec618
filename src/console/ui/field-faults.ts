import { toFailure } from '../api/failure';

interface FormLike {
  setFieldError(path: string, message: string): void;
}

/** What one field of a form stands for that the API has in several. */
const KEYS = ['jwks', 'jwksUri'];

/** Puts what the server found wrong beside the fields that it is about. */
export function placeFaults(form: FormLike, error: unknown): void {
  const { code, sentence, faults } = toFailure(error);
  for (const { path, message } of faults) form.setFieldError(fieldOf(path), message);
  if (code === 'ISSUER_TAKEN') form.setFieldError('issuer', sentence);
  if (code === 'AUTHORITY_TAKEN') form.setFieldError('certificate', sentence);
  if (code === 'CLIENT_ID_TAKEN') form.setFieldError('clientId', sentence);
}

/** "input.scopes.2" is about the field of the scopes. */
function fieldOf(path: string): string {
  const name = path.replace(/^input\./, '').split(/[.[]/)[0] as string;
  return KEYS.includes(name) ? 'keys' : name;
}
