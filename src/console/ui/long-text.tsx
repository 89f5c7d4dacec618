import { Button } from '@mantine/core';
import { useState } from 'react';

const MOST_AT_ONCE = 160;

/** A text of any length: the beginning of a long one, and all of it when that is asked for. @param of what it is, for those who cannot see where it stands */
export function LongText({ text, of }: { text: string; of: string }) {
  const [isWhole, setWhole] = useState(false);
  if (text.length <= MOST_AT_ONCE) return <>{text}</>;
  const label = isWhole ? 'Show less' : 'Show all';
  return (
    <>
      {isWhole ? text : `${text.slice(0, MOST_AT_ONCE)}…`}{' '}
      <Button variant="subtle" size="compact-xs" aria-label={`${label} of ${of}`} onClick={() => setWhole(!isWhole)}>
        {label}
      </Button>
    </>
  );
}
