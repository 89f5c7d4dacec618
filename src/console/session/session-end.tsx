import { useEffect } from 'react';

const SOON_MS = 1_000;

/** Tells when the time of a session is over: by the clock, which runs on while a page sleeps. */
export function SessionEnd({ expiresAt, onEnd }: { expiresAt: number; onEnd(): void }) {
  useEffect(() => {
    const timer = setInterval(() => {
      if (Date.now() >= expiresAt) onEnd();
    }, SOON_MS);
    return () => clearInterval(timer);
  }, [expiresAt, onEnd]);
  return null;
}
