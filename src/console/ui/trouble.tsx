import { Alert } from '@mantine/core';
import { type Failure, isOutcomeUnknown } from '../api/failure';

const LOOK_FIRST = 'Whether it was done is not known: close this and look before you try again.';

/** Says beside an action that it failed, whether anything changed, and what to do. @param ifUnknown what to do when that is not known */
export function Trouble({ failure, ifUnknown = LOOK_FIRST }: { failure: Failure | undefined; ifUnknown?: string }) {
  if (!failure) return null;
  return (
    <Alert color="danger" variant="light" p="sm">
      {failure.sentence} {isOutcomeUnknown(failure) ? ifUnknown : 'Nothing was changed.'}
    </Alert>
  );
}
