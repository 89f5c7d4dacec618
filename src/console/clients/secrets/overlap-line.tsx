import { briefly, exactly } from '../../words/moment';
import classes from './overlap-line.module.css';

interface OverlapLineProps {
  /** What there is an old and a new one of. */
  noun: 'key' | 'way';
  /** For how long the old one goes on. */
  seconds: number;
  now: number;
}

/** Which key or way works when, drawn: the new one from now on, the old one until then. */
export function OverlapLine({ noun, seconds, now }: OverlapLineProps) {
  const end = now + seconds * 1000;
  return (
    <figure className={classes.figure}>
      <div className={classes.row}>
        <span className={classes.label}>Current {noun}</span>
        <span className={classes.track}>
          <span className={seconds > 0 ? classes.old : classes.oldEnded} />
        </span>
      </div>
      <div className={classes.row}>
        <span className={classes.label}>New {noun}</span>
        <span className={classes.track}>
          <span className={classes.fresh} />
        </span>
      </div>
      <div className={classes.row} aria-hidden="true">
        <span />
        <span className={classes.scale}>
          <span>now</span>
          {seconds > 0 && <span className={classes.end}>{briefly(end, now)}</span>}
        </span>
      </div>
      <figcaption className={classes.caption} aria-live="polite">
        {seconds > 0 ? (
          <>
            The new {noun} works from now on, the current one until{' '}
            <time dateTime={new Date(end).toISOString()} title={exactly(end)}>
              {briefly(end, now)}
            </time>
            .
          </>
        ) : (
          `The new ${noun} works from now on, the current one no more.`
        )}
      </figcaption>
    </figure>
  );
}
