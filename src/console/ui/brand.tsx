import { Text } from '@mantine/core';
import classes from './brand.module.css';

/** The product's mark and name, with the place that one is at where that is given. */
export function Brand({ place }: { place?: string }) {
  return (
    <Text component="span" className={classes.brand}>
      <svg viewBox="0 0 32 32" aria-hidden="true" className={classes.mark}>
        <rect width="32" height="32" rx="7" fill="#2f54c8" />
        <path d="M16 7a5 5 0 0 1 2 9.6V25h-4v-8.4A5 5 0 0 1 16 7zm2 12h4v3h-4z" fill="#fff" />
      </svg>
      Latchkey
      {place && <span className={classes.place}>{place}</span>}
    </Text>
  );
}
