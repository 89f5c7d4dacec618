import { briefly, exactly } from '../../words/moment';
import classes from './overlap-line.module.css';

/** Which key works when, drawn: the new one from now on, the old one until then. @param seconds for how long the old one goes on */
export function OverlapLine({ seconds, now }: { seconds: number; now: number }) {
  const end = now + seconds * 1000;
  return (
    <figure className={classes.figure}>
      <div className={classes.row}>
        <span className={classes.label}>Current key</span>
        <span className={classes.track}>
          <span className={seconds > 0 ? classes.old : classes.oldEnded} />
        </span>
      </div>
      <div className={classes.row}>
        <span className={classes.label}>New key</span>
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
            The new key works from now on, the current one until{' '}
            <time dateTime={new Date(end).toISOString()} title={exactly(end)}>
              {briefly(end, now)}
            </time>
            .
          </>
        ) : (
          'The new key works from now on, the current one no more.'
        )}
      </figcaption>
    </figure>
  );
}
