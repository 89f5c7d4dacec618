import { briefly, exactly, relatively } from '../words/moment';
import { useNow } from './clock';

/** A moment by how far away it is, to the second on hover. It is said anew as time goes by. */
export function Ago({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={exactly(at)}>
      {relatively(at, now)}
    </time>
  );
}

/** A moment by day and time in the viewer's zone, to the second on hover. */
export function Moment({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={exactly(at)}>
      {briefly(at, now)}
    </time>
  );
}
