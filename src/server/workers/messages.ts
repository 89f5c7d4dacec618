import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import type { Attempt } from '../../authentication/failure-counts.js';

/** What a process has counted. */
export type Report = MetricObjectWithValues<MetricValue<string>>[];

/** What the primary says to a worker. */
export type ToWorker =
  /** The first word. `listensLate`: others serve. `hasFailing`: some sources failed lately. */
  | { kind: 'begin'; listensLate: boolean; hasFailing: boolean }
  /** Gently when another has taken its place. */
  | { kind: 'stop'; isGentle: boolean }
  | { kind: 'sweep' }
  | { kind: 'report' }
  /** A source failed, at whichever worker. */
  | { kind: 'failing'; source: string }
  | { kind: 'answer'; id: number; waitMs: number };

/** What a worker says to the primary. */
export type ToPrimary =
  /** It can hear. */
  | { kind: 'hello' }
  | { kind: 'ready' }
  | { kind: 'report'; report: Report }
  /** A question about failures, to be answered. */
  | { kind: 'look' | 'add'; id: number; attempt: Attempt }
  | { kind: 'remember'; attempt: Attempt };
