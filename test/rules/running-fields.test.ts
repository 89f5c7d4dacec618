import { setImmediate } from 'node:timers/promises';
import { buildSchema, execute, parse } from 'graphql';
import { AnswerSize, measureAnswers } from '../../src/server/graphql/answer-size.js';
import { RunningFields } from '../../src/server/graphql/running-fields.js';

const SCHEMA = 'type Query { broken: Int! slow: Part! } type Part { next: Int }';

/** Answers a document of which one field fails at once while the other goes on, until it is let. */
async function answerEarly(document: string) {
  const schema = buildSchema(SCHEMA);
  measureAnswers(schema);
  const { promise, resolve } = Promise.withResolvers<void>();
  const begun: string[] = [];
  const rootValue = {
    broken: async () => {
      throw new Error('at once');
    },
    slow: async () => {
      begun.push('slow');
      await promise;
      return { next: async () => begun.push('next') };
    },
  };
  const running = new RunningFields();
  const contextValue = { size: new AnswerSize(), running };
  const { data } = await execute({ schema, document: parse(document), rootValue, contextValue });
  let isDone = false;
  running.end(() => {
    isDone = true;
  });
  return { data, begun, letGo: resolve, isDone: () => isDone };
}

it('what is held for an answer is held as long as anything is looked for, though it was answered before', async () => {
  const { data, begun, isDone, letGo } = await answerEarly('{ slow { next } broken }');
  expect([data, begun, isDone()]).toEqual([null, ['slow'], false]);
  letGo();
  while (!isDone()) await setImmediate();
  // Nothing begins any more for an answer that is made.
  expect(begun).toEqual(['slow']);
});

it('is done at once where nothing is looked for any more', async () => {
  const { isDone } = await answerEarly('{ broken }');
  expect(isDone()).toBe(true);
});
