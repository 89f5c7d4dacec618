import { Chip, Group, NumberInput, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useViewer, type Viewer } from '../api/viewer';
import { lifetimeInWords } from '../words/duration';

const PRESETS = [300, 900, 3600, 28_800, 86_400] as const;
const DAY = 86_400;
const BEYOND_A_DAY =
  'An API that checks tokens by itself goes on to accept one until its lifetime is over, whatever happens here. Long lives make a stolen token worth more.';

interface LifetimeFieldProps {
  value?: number | string;
  onChange?: ((value: number | string) => void) | undefined;
  error?: ReactNode;
  onFocus?(): void;
  onBlur?(): void;
}

/** The field for a lifetime in seconds, with the usual ones at hand and its meaning in words. */
export function LifetimeField({ value = '', onChange, error, ...events }: LifetimeFieldProps) {
  const { tenant } = useViewer();
  const seconds = Number(value);
  const isSound = findLifetimeFault(value, tenant) === null;
  return (
    <div>
      <NumberInput
        label="Access token lifetime"
        description={`In seconds, ${tenant.minAccessTokenLifetime.toLocaleString('en')} to ${tenant.maxAccessTokenLifetime.toLocaleString('en')}.`}
        allowDecimal={false}
        allowNegative={false}
        allowLeadingZeros={false}
        clampBehavior="none"
        hideControls
        rightSection={
          <Text size="sm" c="dimmed">
            seconds
          </Text>
        }
        rightSectionWidth={76}
        {...{ value, onChange, error }}
        {...events}
      />
      <Presets value={value} onChange={onChange} />
      <Text size="sm" c="dimmed" mt={8} role="status">
        {isSound && `tokens live ${lifetimeInWords(seconds)}`}
      </Text>
      {isSound && seconds > DAY && (
        <Text size="sm" mt={4}>
          {BEYOND_A_DAY}
        </Text>
      )}
    </div>
  );
}

function Presets({ value, onChange }: Pick<LifetimeFieldProps, 'value' | 'onChange'>) {
  const { tenant } = useViewer();
  const presets = PRESETS.filter((preset) => findLifetimeFault(preset, tenant) === null);
  return (
    <Chip.Group value={String(value)} onChange={(chosen) => onChange?.(Number(chosen))}>
      <Group gap={4} mt={8} role="radiogroup" aria-label="Usual lifetimes">
        {presets.map((preset) => (
          <Chip key={preset} value={String(preset)} size="xs" variant="light">
            {lifetimeInWords(preset)}
          </Chip>
        ))}
      </Group>
    </Chip.Group>
  );
}

/** What is wrong with a lifetime; null when nothing is. @param value seconds, as they were typed */
export function findLifetimeFault(
  value: number | string,
  {
    minAccessTokenLifetime: least,
    maxAccessTokenLifetime: most,
  }: Pick<Viewer['tenant'], 'minAccessTokenLifetime' | 'maxAccessTokenLifetime'>,
): string | null {
  const seconds = Number(value);
  const isSound = value !== '' && Number.isInteger(seconds) && seconds >= least && seconds <= most;
  return isSound ? null : `Give a whole number of seconds from ${least.toLocaleString('en')} to ${most.toLocaleString('en')}.`;
}
