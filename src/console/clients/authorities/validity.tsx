import { Badge, Stack } from '@mantine/core';
import type { AuthorityRowFragment } from '../../api/generated';
import { useNow } from '../../ui/clock';
import { Moment } from '../../ui/time';
import { relatively } from '../../words/moment';

const SOON_MS = 30 * 24 * 60 * 60 * 1000;

type Period = Pick<AuthorityRowFragment, 'notBefore' | 'notAfter'>;

/** Until when an authority counts, and a warning when that is over, near, or has not begun. */
export function Validity({ period }: { period: Period }) {
  const warning = findWarning(period, useNow());
  return (
    <Stack gap={4} align="start">
      <Moment at={period.notAfter} />
      {warning && (
        <Badge color={warning.isOver ? 'danger' : 'notice'} variant="light" tt="none" fw={500}>
          {warning.words}
        </Badge>
      )}
    </Stack>
  );
}

/** Whether certificates of an authority prove clients at a moment, as far as its own dates tell. @param now milliseconds since 1970 */
export function isValidAt({ notBefore, notAfter }: Period, now: number): boolean {
  return Date.parse(notBefore) <= now && now <= Date.parse(notAfter);
}

function findWarning(period: Period, now: number): { words: string; isOver: boolean } | undefined {
  const { notBefore, notAfter } = period;
  if (Date.parse(notAfter) < now) return { words: 'expired: it proves nobody', isOver: true };
  if (!isValidAt(period, now)) return { words: `not valid yet: begins ${relatively(notBefore, now)}`, isOver: false };
  return Date.parse(notAfter) - now <= SOON_MS ? { words: `expires ${relatively(notAfter, now)}`, isOver: false } : undefined;
}
