import { Radio, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import type { SenderConstraint } from '../api/generated';
import { SENDER_CONSTRAINTS } from './sender-constraint';

interface BoundFieldProps {
  value?: SenderConstraint;
  onChange?: ((constraint: SenderConstraint) => void) | undefined;
  error?: ReactNode;
}

/** The choice of tokens that are worth nothing to whoever finds them. */
export function BoundField({ value = 'NONE', onChange, error }: BoundFieldProps) {
  return (
    <Radio.Group
      label="Tokens"
      description="What they are worth to whoever finds one."
      value={value}
      onChange={(chosen) => onChange?.(chosen as SenderConstraint)}
      error={error}
    >
      <Stack gap="xs" mt="xs">
        {SENDER_CONSTRAINTS.map(({ value: constraint, label, description }) => (
          <Radio key={constraint} value={constraint} label={label} description={description} />
        ))}
      </Stack>
    </Radio.Group>
  );
}
