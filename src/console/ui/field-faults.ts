import { type Failure, toFailure } from '../api/failure';

interface FormLike {
  setFieldError(path: string, message: string): void;
}

/** What one field of a form stands for that the API has in several. */
const KEYS = ['jwks', 'jwksUri'];
/** Refusals of the whole that are about one field. */
const FIELDS_BY_CODE: Readonly<Record<string, string>> = {
  AUTHORITY_TAKEN: 'certificate',
  CLIENT_ID_TAKEN: 'clientId',
  ISSUER_TAKEN: 'issuer',
};

/** Puts what the server found wrong beside the fields that it is about. */
export function placeFaults(form: FormLike, error: unknown): void {
  for (const { field, message } of placesOf(toFailure(error))) form.setFieldError(field, message);
}

/** Whether all that a failure tells stands beside fields of a form with these values: then it is said already. */
export function isPlaced(failure: Failure, values: object): boolean {
  const places = placesOf(failure);
  return places.length > 0 && places.every(({ field }) => field in values);
}

function placesOf({ code = '', sentence, faults }: Failure): { field: string; message: string }[] {
  const field = FIELDS_BY_CODE[code];
  const placed = faults.map(({ path, message }) => ({ field: fieldOf(path), message }));
  return field === undefined ? placed : [...placed, { field, message: sentence }];
}

/** "input.scopes.2" is about the field of the scopes. */
function fieldOf(path: string): string {
  const name = path.replace(/^input\./, '').split(/[.[]/)[0] as string;
  return KEYS.includes(name) ? 'keys' : name;
}
