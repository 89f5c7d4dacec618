import { useEffect } from 'react';
import { serverNow } from '../ui/clock';

const SOON_MS = 1_000;

/** Tells when the time of a session is over: by the clock, which runs on while a page sleeps. @param expiresAt milliseconds since 1970, by the server's clock */
export function SessionEnd({ expiresAt, onEnd }: { expiresAt: number; onEnd(): void }) {
  useEffect(() => {
    const timer = setInterval(() => {
      if (serverNow() >= expiresAt) onEnd();
    }, SOON_MS);
    return () => clearInterval(timer);
  }, [expiresAt, onEnd]);
  return null;
}
