import { type Form, parameterOf } from '../authentication/form.js';
import { BadRequest } from '../platform/errors.js';

/** The one token that a form is about. @throws {BadRequest} @see https://www.rfc-editor.org/rfc/rfc7662#section-2.1 */
export function tokenIn(form: Form): string {
  const token = parameterOf(form, 'token');
  // It says nothing here, and stands once all the same.
  parameterOf(form, 'token_type_hint');
  if (token === undefined) throw new BadRequest('Send the token once, as "token".');
  return token;
}
