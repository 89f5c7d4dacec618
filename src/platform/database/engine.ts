import type { EntityManager } from 'typeorm';
import type { Commit } from './commit-marker.js';

/** What is done with the database; it may be done more than once when the database fails. */
export type Work<T> = (manager: EntityManager) => Promise<T>;

/** What is done in a transaction. One that may be committed while its answer is lost names a row by `commit`: without that nobody can say. */
export type Writing<T> = (manager: EntityManager, commit: Commit) => Promise<T>;

/** How much is looked through. */
export interface Pace {
  /** Whether it may take a second and more: it waits for others like it, and nobody else does. */
  isLong: boolean;
}

/** How one kind of database is read and written, with its faults ridden out where that is safe. Errors are the driver's. */
export interface Engine {
  readonly dialect: 'sqlite' | 'mysql';
  /** Runs reads. */
  read<T>(work: Work<T>, pace?: Pace): Promise<T>;
  /** The rows of a statement that stays prepared. */
  rows<T>(statement: string, parameters: readonly unknown[]): Promise<T[]>;
  /** Runs reads and writes as one transaction. */
  write<T>(work: Writing<T>): Promise<T>;
  /** Whether a question has an answer. @throws whatever keeps the database from giving one, without waiting for it to come back */
  ping(question: string): Promise<boolean>;
  close(): Promise<void>;
}
