import { AppError } from '../../platform/errors.js';

/** A document asks for more than an operation may cost. */
export class OperationTooLarge extends AppError {
  constructor(message: string) {
    super('OPERATION_TOO_LARGE', message);
  }
}
