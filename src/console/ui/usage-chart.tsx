import { Group, Text } from '@mantine/core';
import { useState } from 'react';
import { exactly } from '../words/moment';
import { barsOf, type Hour, scaleOf, ticksOf } from './bars';
import classes from './usage-chart.module.css';

const WIDTH = 720;
const HEIGHT = 160;

/** Tokens issued and requests refused over time, as bars. With the pointer or the arrow keys each tells its numbers. */
export function UsageChart({ hours, hoursABar }: { hours: readonly Hour[]; hoursABar: number }) {
  const bars = barsOf(hours, hoursABar);
  const [chosen, setChosen] = useState<number>();
  const bar = chosen === undefined ? undefined : bars[chosen];
  const issued = hours.reduce((sum, hour) => sum + hour.issued, 0);
  const refused = hours.reduce((sum, hour) => sum + hour.refused, 0);
  return (
    <figure className={classes.figure}>
      <figcaption className={classes.caption}>
        <Group gap="md">
          <Legend color="var(--issued)" label="Issued" count={bar?.issued ?? issued} />
          <Legend color="var(--refused)" label="Refused" count={bar?.refused ?? refused} />
        </Group>
        <Text span size="sm" c="dimmed" className={classes.when}>
          {bar ? spanOf(bar) : 'in all'}
        </Text>
      </figcaption>
      <Bars bars={bars} chosen={chosen} onChoose={setChosen} />
      {issued + refused === 0 && (
        <Text size="sm" c="dimmed" className={classes.empty}>
          It asked for no token in this time.
        </Text>
      )}
    </figure>
  );
}

/** From when until when, with the zone where the clock was changed in between. */
function spanOf({ from, to }: { from: string; to: string }): string {
  const [begin, end] = [exactly(from), exactly(to)];
  const zones = begin.slice(20) === end.slice(20) ? ['', ''] : [begin, end].map((moment) => ` ${moment.slice(20)}`);
  return `${begin.slice(0, 16)}${zones[0]} to ${end.slice(11, 16)}${zones[1]}`;
}

function Legend({ color, label, count }: { color: string; label: string; count: number }) {
  return (
    <span className={classes.legend}>
      <span className={classes.swatch} style={{ background: color }} />
      {label} <strong>{count.toLocaleString('en')}</strong>
    </span>
  );
}

interface BarsProps {
  bars: ReturnType<typeof barsOf>;
  chosen: number | undefined;
  onChoose(index: number | undefined): void;
}

/** The bars with what is needed to read them. */
function Bars(props: BarsProps) {
  const { bars, onChoose } = props;
  const scale = scaleOf(bars);
  return (
    <div className={classes.plot} onPointerLeave={() => onChoose(undefined)}>
      <div className={classes.marks} aria-hidden="true">
        {scale.marks.map((mark) => (
          <span key={mark} style={{ bottom: `${(mark / scale.most) * 100}%` }}>
            {mark.toLocaleString('en')}
          </span>
        ))}
      </div>
      <div className={classes.area}>
        <Drawing {...props} {...scale} />
        <Chooser {...props} />
      </div>
      <div className={classes.ends} aria-hidden="true">
        {ticksOf(bars).map(({ at, label }) => (
          <span key={at} className={classes.tick} style={{ left: `${at * 100}%` }}>
            {label}
          </span>
        ))}
        <span className={classes.now}>now</span>
      </div>
    </div>
  );
}

function Drawing({ bars, chosen, most, marks }: BarsProps & ReturnType<typeof scaleOf>) {
  const slot = WIDTH / bars.length;
  const heightOf = (count: number) => (count / most) * HEIGHT;
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className={classes.svg} aria-hidden="true">
      {marks.map((mark) => (
        <line key={mark} x1={0} x2={WIDTH} y1={HEIGHT - heightOf(mark)} y2={HEIGHT - heightOf(mark)} className={classes.line} />
      ))}
      {chosen !== undefined && <rect x={chosen * slot} y={0} width={slot} height={HEIGHT} className={classes.chosen} />}
      {bars.map(({ from, issued, refused }, index) => (
        <g key={from} transform={`translate(${index * slot + slot * 0.1} 0)`}>
          <rect y={HEIGHT - heightOf(issued)} width={slot * 0.8} height={heightOf(issued)} className={classes.issued} />
          <rect y={HEIGHT - heightOf(issued + refused)} width={slot * 0.8} height={heightOf(refused)} className={classes.refused} />
        </g>
      ))}
    </svg>
  );
}

/** A range input that lies over the bars, unseen: keyboards, fingers and screen readers know how to use one. */
function Chooser({ bars, chosen, onChoose }: BarsProps) {
  const last = bars.length - 1;
  const bar = bars[chosen ?? last];
  return (
    <input
      type="range"
      className={classes.range}
      min={0}
      max={last}
      value={chosen ?? last}
      aria-label="Tokens issued and requests refused, by time"
      aria-valuetext={bar && `${exactly(bar.from)}: ${bar.issued} issued, ${bar.refused} refused`}
      onChange={(event) => onChoose(Number(event.currentTarget.value))}
      onPointerMove={(event) => onChoose(indexAt(event, bars.length))}
      onFocus={() => onChoose(chosen ?? last)}
      onBlur={() => onChoose(undefined)}
    />
  );
}

function indexAt({ clientX, currentTarget }: React.PointerEvent<HTMLElement>, count: number): number {
  const { left, width } = currentTarget.getBoundingClientRect();
  return Math.min(count - 1, Math.max(0, Math.floor(((clientX - left) / width) * count)));
}
