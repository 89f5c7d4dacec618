import { Text } from '@mantine/core';
import { LockIcon } from '@primer/octicons-react';
import { useId } from 'react';
import classes from './locked-field.module.css';

/** Something that never changes once it was saved. */
export function LockedField({ label, value, isCode = false }: { label: string; value: string; isCode?: boolean }) {
  const id = useId();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls, and this is none
    <div role="group" aria-labelledby={id}>
      <Text id={id} size="sm" fw={600}>
        {label}
      </Text>
      <span className={classes.value}>
        <LockIcon size={14} className={classes.lock} aria-label="Cannot be changed" />
        {isCode ? <code className={classes.code}>{value}</code> : <bdi>{value}</bdi>}
      </span>
    </div>
  );
}
