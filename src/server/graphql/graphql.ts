import { koaMiddleware } from '@as-integrations/koa';
import type { GraphQLSchema } from 'graphql';
import type { Context, Middleware } from 'koa';
import compress from 'koa-compress';
import { certificateThumbprintOf } from '../../authentication/presented-certificate.js';
import { isCrossSite, isOfOwnPage, readCookie } from '../../people/cookies.js';
import { waitedInVain } from '../../platform/database/faults.js';
import { requestDeadline, waitAs } from '../../platform/deadline.js';
import { BadRequest } from '../../platform/errors.js';
import { receiveJson } from '../../platform/http/body.js';
import { answerTypeOf, isStrict, prefersPage } from '../../platform/http/graphql-answer.js';
import { markOf } from '../../platform/http/request.js';
import { logged, requestIdOf } from '../../platform/http/request-notes.js';
import type { Log } from '../../platform/log.js';
import type { Metrics } from '../../platform/metrics.js';
import { Held } from '../../platform/queues/held.js';
import { type GiveBack, PlacesByName } from '../../platform/queues/places.js';
import { Turns } from '../../platform/queues/turns.js';
import { ActorType, isAtMtlsHost, type Principal, targetOf, tenantOf } from '../../tenants/caller.js';
import { type Authenticator, BearerError } from '../../tokens/bearer.js';
import { AnswerSize } from './answer-size.js';
import { answering } from './answering.js';
import { createApollo } from './apollo.js';
import { KnownCallers, memberFound } from './known-callers.js';
import { requireFewLines } from './operation-limits.js';
import { weightOnceRead } from './reading-weight.js';
import { RunningFields } from './running-fields.js';
import { requireSchemaQuestion } from './stranger.js';
import { keepUnread, reserve, UnreadAnswers } from './unread-answers.js';

/** Whoever has waited for longer since they were found is looked for again. */
const LONGEST_UNSEEN_MS = 20;
/** What an answer of so many costs, that is read, made and written, is about what one of a few costs. */
const CHARACTERS_OF_A_TURN = 6_000;
/** Of a tenant that are worked on at a time: whoever asks for more takes nothing from others but what these need. */
const MOST_QUESTIONS = 2;
/** Of a tenant that are read at a time, and of strangers: what is read takes far more memory than what was sent. */
const MOST_READ = 8;
/** What may take more once it is read has a place from before that until it is answered; of strangers whatever it takes. */
const LARGE_BYTES = 128 * 1024;
const MOST_LARGE = 8;
const COMPRESSED_FROM_BYTES = 1024;
/** Parameters of a query in a URL. @see https://graphql.github.io/graphql-over-http/draft/#sec-GET */
const OPTIONAL = ['operationName', 'variables', 'extensions'] as const;

/** What the GraphQL endpoint is built from. */
export interface GraphQLParts {
  schema: GraphQLSchema;
  authenticator: Authenticator;
  /** Whether the schema may be read without a token. */
  isSchemaOpen: boolean;
  log: Log;
  metrics: Metrics;
}

/** `GET /graphql` for a person: the page that explores the API. A query in the URL is asked, whoever would see it. */
export function forPeople(page: Middleware): Middleware {
  const isForPage = (ctx: Context) => !new URLSearchParams(ctx.querystring).has('query') && prefersPage(ctx);
  return (ctx, next) => (!isAtMtlsHost(ctx) && isForPage(ctx) ? page(ctx, next) : next());
}

/** `/graphql`: reads the request, finds out who calls, and lets Apollo answer. */
export async function graphqlEndpoint(parts: GraphQLParts): Promise<Middleware> {
  const apollo = createApollo(parts.schema, parts.log, parts.metrics);
  const unread = new UnreadAnswers();
  const turns = new Turns();
  const callers = new KnownCallers((ctx) =>
    parts.authenticator.vouch(tenantOf(ctx), { authorization: ctx.headers.authorization, session: readCookie(ctx, 'session') }),
  );
  const questionsOf = new PlacesByName(MOST_QUESTIONS);
  const readingOf = new PlacesByName(MOST_READ);
  const largeOf = new PlacesByName(MOST_LARGE);
  await apollo.start();
  const answer = koaMiddleware(apollo, {
    context: async ({ ctx }) => ({
      principal: answering.of(ctx).principal,
      requestId: requestIdOf(ctx),
      isStrict: isStrict(ctx),
      size: new AnswerSize(),
      running: answering.of(ctx).running as RunningFields,
      onMutation: (longest: number) => {
        answering.add(ctx, { recount: reserve(unread, ctx, longest) });
      },
      onRead: () => answering.of(ctx).endReading?.(),
      onQuery: async () => {
        // Who refuses every coding, none included, gets the answer plain: the package would fail.
        ctx.compress = ctx.acceptsEncodings('gzip') === 'gzip';
        const { principal, foundAt = 0, held } = answering.of(ctx);
        const member = memberFound(ctx, principal);
        held?.add(await takePlace(questionsOf, ctx));
        held?.add(() => turns.spend(member, String(ctx.body ?? '').length / CHARACTERS_OF_A_TURN));
        if (!(await turns.take(member, ctx.req.socket))) throw waitedInVain();
        const isToBeSeen = principal && performance.now() - foundAt > LONGEST_UNSEEN_MS;
        const asker = isToBeSeen ? await parts.authenticator.lookAgain(principal) : principal;
        waitAs({ isAsking: true });
        return asker;
      },
    }),
  });
  // The size of what is compressed tells of it: what may hold a secret, the answer to a mutation, goes as it is.
  const compressing = compress({ threshold: COMPRESSED_FROM_BYTES, zstd: false, br: false, deflate: false });
  const find = async (ctx: Context) => {
    const request = {
      authorization: ctx.headers.authorization,
      dpop: ctx.get('DPoP') || undefined,
      certificate: certificateThumbprintOf(ctx),
      query: new URLSearchParams(ctx.querystring),
      target: targetOf(ctx),
      session: readCookie(ctx, 'session'),
      // What is read by a POST is JSON, which no page sends elsewhere without asking; a GET it just sends.
      isCrossSite: ctx.method === 'POST' ? isCrossSite(ctx) : !isOfOwnPage(ctx),
      request: markOf(ctx),
    };
    try {
      const principal = await parts.authenticator.authenticate(tenantOf(ctx), request);
      callers.note(ctx, principal);
      return principal;
    } catch (error) {
      if (error instanceof BearerError) callers.note(ctx, undefined);
      throw error;
    }
  };
  const respond = async (ctx: Context) => {
    ctx.set('Cache-Control', 'no-store');
    // Before anything is done: whoever cannot take the answer would not learn what was.
    if (!answerTypeOf(ctx)) throw new BadRequest(NOT_ACCEPTABLE, { status: 406 });
    const held = new Held();
    const running = new RunningFields();
    try {
      // First: whoever sends it slowly is asked who they are when it is here.
      const json = ctx.method === 'POST' ? await receiveJson(ctx) : undefined;
      if (!(await turns.take(await callers.memberOf(ctx), ctx.req.socket))) throw new BadRequest('Nobody is there to be answered.');
      const principal = await find(ctx);
      logged.add(ctx, loggedOf(principal));
      answering.add(ctx, { principal, foundAt: performance.now(), held, running });
      if (!principal && !parts.isSchemaOpen) throw new BearerError(401, undefined, 'This needs an access token.');
      // Where many large ones wait, what is small goes past them, such as a change that ends access.
      if (!principal || weightOnceRead(json?.bytes ?? asked(ctx)) > LARGE_BYTES) held.add(await takePlace(largeOf, ctx));
      answering.add(ctx, { endReading: held.add(await takePlace(readingOf, ctx)) });
      if (json) (ctx.request as { body?: object }).body = json.parse();
      const document = documentOf(ctx);
      requireFewLines(document);
      if (!principal) requireSchemaQuestion(document);
      dropEmpty(ctx);
      await answerAsGet(ctx, () => answer(ctx, async () => undefined));
      ctx.set('Cache-Control', 'no-store');
      keepUnread(unread, ctx);
    } finally {
      // The answer may wait for long before it is taken.
      delete (ctx.request as { body?: object }).body;
      running.end(() => held.end());
    }
  };
  return (ctx) => {
    ctx.compress = false;
    return compressing(ctx, () => respond(ctx));
  };
}

/** Where all strangers have their places together. */
const STRANGERS = '';

/** Whoever asks waits for others of their tenant, by turns of those who ask; strangers for strangers, whatever they said to be. */
function takePlace(places: PlacesByName, ctx: Context): Promise<GiveBack> {
  const member = memberFound(ctx, answering.of(ctx).principal);
  return places.take(member.rank === 'stranger' ? STRANGERS : member.crowd, {
    member,
    deadline: requestDeadline(),
    tooLate: waitedInVain,
    connection: ctx.req.socket,
  });
}

/** What the URL of a request asks. */
function asked(ctx: Context): Uint8Array {
  return Buffer.from([...new URLSearchParams(ctx.querystring).values()].join(' '));
}

/** The document that a request brings, or whatever it has in its place. */
function documentOf(ctx: Context): unknown {
  if (ctx.method === 'POST') return (ctx.request as { body?: { query?: unknown } }).body?.query;
  const [query, ...others] = new URLSearchParams(ctx.querystring).getAll('query');
  return others.length === 0 ? query : undefined;
}

/** What is empty is absent: there are clients that name every parameter there is. */
function dropEmpty(ctx: Context): void {
  const { body } = ctx.request as { body?: { operationName?: unknown } };
  if (body?.operationName === '') delete body.operationName;
  const parameters = new URLSearchParams(ctx.querystring);
  const empty = OPTIONAL.filter((name) => JSON.stringify(parameters.getAll(name)) === '[""]');
  for (const name of empty) parameters.delete(name);
  if (empty.length > 0) ctx.querystring = parameters.toString();
}

/** HEAD is GET without the content, which Apollo does not know. */
async function answerAsGet(ctx: Context, answer: () => Promise<void>): Promise<void> {
  const { method } = ctx;
  if (method === 'HEAD') ctx.method = 'GET';
  await answer().finally(() => {
    ctx.method = method;
  });
}

function loggedOf(principal: Principal | undefined): Record<string, unknown> {
  const id = principal?.actor.id;
  return principal?.actor.type === ActorType.PERSON ? { subject: id } : { clientId: id };
}

const NOT_ACCEPTABLE = 'Answers are application/json or application/graphql-response+json: let the header Accept take one of them.';
