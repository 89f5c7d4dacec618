import { Alert } from '@mantine/core';
import { type Failure, isOutcomeUnknown } from '../api/failure';
import { isPlaced } from './field-faults';

const LOOK_FIRST = 'Whether it was done is not known: close this and look before you try again.';

interface TroubleProps {
  failure: Failure | undefined;
  /** What to do when it is not known whether anything changed. */
  ifUnknown?: string;
  /** The form that was sent: what stands beside its fields is not said twice. */
  form?: { values: object };
}

/** Says beside an action that it failed, whether anything changed, and what to do. */
export function Trouble({ failure, ifUnknown = LOOK_FIRST, form }: TroubleProps) {
  if (!failure || (form && isPlaced(failure, form.values))) return null;
  return (
    <Alert color="danger" variant="light" p="sm">
      {failure.sentence} {isOutcomeUnknown(failure) ? ifUnknown : 'Nothing was changed.'}
    </Alert>
  );
}
