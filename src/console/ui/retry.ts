import { useEffect, useRef, useState } from 'react';
import type { Failure } from '../api/failure';

const TICK_MS = 1_000;
const DEFAULT_SECONDS = 10;

/**
 * Counts down to the next attempt after a failure that passes by itself, and makes it.
 * @returns the seconds that are left; undefined when waiting will not help
 */
export function useRetryIn(failure: Failure, retry: () => void): number | undefined {
  const latest = useRef(retry);
  latest.current = retry;
  const passes = failure.kind === 'away' || failure.kind === 'busy';
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (!passes) return;
    const due = Date.now() + (failure.retryAfterSeconds ?? DEFAULT_SECONDS) * 1000;
    const count = () => {
      const seconds = Math.ceil((due - Date.now()) / 1000);
      setLeft(Math.max(0, seconds));
      if (seconds > 0) return;
      clearInterval(timer);
      latest.current();
    };
    const timer = setInterval(count, TICK_MS);
    count();
    return () => clearInterval(timer);
  }, [failure, passes]);
  return passes ? left : undefined;
}
