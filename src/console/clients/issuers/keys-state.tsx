import { Stack, Text } from '@mantine/core';
import type { IssuerRowFragment } from '../../api/generated';
import { Ago } from '../../ui/time';
import { counted } from '../../words/counted';
import classes from './issuers.module.css';

/** How many keys of an issuer are at hand, since when, and why there are no newer ones. */
export function KeysState({ row: { jwks, keys, keysFetchedAt, keysError } }: { row: IssuerRowFragment }) {
  if (jwks) return <>{counted(keys.length, 'key')}, given</>;
  if (!keysFetchedAt && !keysError) {
    return (
      <Text span inherit c="dimmed">
        not asked for yet
      </Text>
    );
  }
  return (
    <Stack gap={2}>
      <span>
        {keysFetchedAt ? (
          <>
            {counted(keys.length, 'key')}, fetched <Ago at={keysFetchedAt} />
          </>
        ) : (
          'none at hand'
        )}
      </span>
      {keysError && (
        <Text span inherit c="var(--mantine-color-error)" className={classes.error}>
          Could not be fetched: {keysError}
        </Text>
      )}
    </Stack>
  );
}
