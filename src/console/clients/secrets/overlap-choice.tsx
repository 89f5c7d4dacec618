import { Group, Radio, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { OverlapLine } from './overlap-line';

/** The usual overlap. */
export const DAY_SECONDS = 86_400;

const OVERLAPS = [
  { seconds: 0, label: 'Stop now' },
  { seconds: 3600, label: '1 hour' },
  { seconds: DAY_SECONDS, label: '1 day' },
  { seconds: 7 * DAY_SECONDS, label: '7 days' },
  { seconds: 30 * DAY_SECONDS, label: '30 days' },
] as const;

interface OverlapChoiceProps {
  /** What there is a current and a new one of. */
  noun: 'key' | 'way';
  seconds: number;
  onChange(seconds: number): void;
  now: number;
  /** What stopping now means for those who use it. */
  children: ReactNode;
}

/** For how long the current key or way goes on beside the new one. */
export function OverlapChoice({ noun, seconds, onChange, now, children }: OverlapChoiceProps) {
  return (
    <>
      <Radio.Group label={`Keep the current ${noun} working for`} value={String(seconds)} onChange={(value) => onChange(Number(value))}>
        <Group gap="md" mt={8}>
          {OVERLAPS.map(({ seconds: value, label }) => (
            <Radio key={value} value={String(value)} label={label} />
          ))}
        </Group>
      </Radio.Group>
      <OverlapLine noun={noun} seconds={seconds} now={now} />
      {seconds === 0 && children && (
        <Text size="sm" fw={500}>
          {children}
        </Text>
      )}
    </>
  );
}
