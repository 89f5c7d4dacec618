import { koaMiddleware } from '@as-integrations/koa';
import type { GraphQLSchema } from 'graphql';
import type { Context, Middleware } from 'koa';
import compress from 'koa-compress';
import { isCrossSite, isOfOwnPage, readCookie } from '../../people/cookies.js';
import { WaitedInVain } from '../../platform/database/faults.js';
import { DatabaseUnavailable, Forbidden, OperationTooLarge } from '../../platform/errors.js';
import { receiveJson, UnreadableBody } from '../../platform/http/body.js';
import { answerTypeOf, isStrict, prefersPage, refuseGraphql } from '../../platform/http/graphql-answer.js';
import { markOf } from '../../platform/http/request.js';
import type { Log } from '../../platform/log.js';
import type { Metrics } from '../../platform/metrics.js';
import { patienceEnds } from '../../platform/patience.js';
import type { Member } from '../../platform/queues/crowd-lines.js';
import { type GiveBack, PlacesByName } from '../../platform/queues/places.js';
import { Turns } from '../../platform/queues/turns.js';
import { TenantLimit } from '../../platform/tenant-errors.js';
import { ActorType, actorKey, type Principal, targetOf, tenantOf } from '../../tenants/caller.js';
import { type Authenticator, BearerError } from '../../tokens/bearer.js';
import { AnswerSize, type Party, UnreadAnswers } from './answer-size.js';
import { createApollo } from './apollo.js';
import { KnownCallers, memberFound } from './known-callers.js';
import { requireFewLines } from './operation-limits.js';
import { requireSchemaQuestion } from './stranger.js';

/** Whoever has waited for longer since they were found is looked for again. */
const LONGEST_UNSEEN_MS = 20;
/** What an answer of so many costs, that is read, made and written, is about what one of a few costs. */
const CHARACTERS_OF_A_TURN = 6_000;
/** Of a tenant that are worked on at a time: whoever asks for more takes nothing from others but what these need. */
const MOST_QUESTIONS = 2;
/** What comes in more than this takes up to twenty times as much once it is parsed: of a tenant so many are at a time, and of strangers. */
const LARGE_BYTES = 8 * 1024;
const MOST_LARGE = 8;
const COMPRESSED_FROM_BYTES = 1024;
/** What is asked for in few words is answered, whatever others of the tenant leave lying. */
const SMALL_CHARACTERS = 20_000;
/** Of answers that are being made or were not taken yet, to all of a tenant, and to one of them. */
const MOST_UNREAD = 32_000_000;
const MOST_UNREAD_OF_ONE = 16_000_000;
/** Every field of what one change answers with, the longest there is, has room several times. */
const MOST_OF_A_MUTATION = 2_000_000;
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
  return (ctx, next) => (!new URLSearchParams(ctx.querystring).has('query') && prefersPage(ctx) ? page(ctx, next) : next());
}

/** `/graphql`: reads the request, finds out who calls, and lets Apollo answer. */
export async function graphqlEndpoint(parts: GraphQLParts): Promise<Middleware> {
  const apollo = createApollo(parts.schema, parts.log, parts.metrics);
  const unread = new UnreadAnswers();
  const turns = new Turns();
  const callers = new KnownCallers();
  const questionsOf = new PlacesByName(MOST_QUESTIONS);
  const largeOf = new PlacesByName(MOST_LARGE);
  await apollo.start();
  const answer = koaMiddleware(apollo, {
    context: async ({ ctx }) => ({
      principal: ctx.state.principal as Principal | undefined,
      requestId: ctx.state.requestId as string,
      isStrict: isStrict(ctx),
      size: new AnswerSize(),
      onMutation: (longest: number) => {
        ctx.state.unread = reserve(unread, ctx, longest);
      },
      onQuery: async () => {
        // Who refuses every coding, none included, gets the answer plain: the package would fail.
        ctx.compress = ctx.acceptsEncodings('gzip') === 'gzip';
        const began = performance.now();
        const { principal } = ctx.state as { principal?: Principal };
        // Strangers wait with strangers, whatever they said to be, and whoever was found not behind those who are to be looked for.
        const member = memberFound(ctx, principal);
        const leave = await takePlace(questionsOf, member);
        ctx.state.endQuestion = () => {
          leave();
          turns.spend(member, String(ctx.body ?? '').length / CHARACTERS_OF_A_TURN);
        };
        if (!(await turns.take(member, ctx.req.socket))) throw waitedInVain();
        return principal && performance.now() - began > LONGEST_UNSEEN_MS ? parts.authenticator.lookAgain(principal) : principal;
      },
    }),
  });
  // The size of what is compressed tells of it: what may hold a secret, the answer to a mutation, goes as it is.
  const compressing = compress({ threshold: COMPRESSED_FROM_BYTES, zstd: false, br: false, deflate: false });
  const find = async (ctx: Context) => {
    const request = {
      authorization: ctx.headers.authorization,
      dpop: ctx.get('DPoP') || undefined,
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
    if (!answerTypeOf(ctx)) return refuseGraphql(ctx, 406, { code: 'BAD_REQUEST', message: NOT_ACCEPTABLE });
    let endLarge: GiveBack | undefined;
    try {
      // First: whoever sends it slowly is asked who they are when it is here.
      const json = ctx.method === 'POST' ? await receiveJson(ctx) : undefined;
      const member = callers.memberOf(ctx);
      if (!(await turns.take(member, ctx.req.socket))) throw new UnreadableBody(400, 'Nobody is there to be answered.');
      if (json && json.length > LARGE_BYTES) endLarge = await takePlace(largeOf, member);
      ctx.state.principal = await find(ctx);
      ctx.state.details = detailsOf(ctx.state.principal);
      if (!ctx.state.principal && !parts.isSchemaOpen) throw new BearerError(401, undefined, 'This needs an access token.');
      if (json) (ctx.request as { body?: object }).body = json.parse();
      const document = documentOf(ctx);
      requireFewLines(document);
      if (!ctx.state.principal) requireSchemaQuestion(document);
      dropEmpty(ctx);
      await answerAsGet(ctx, () => answer(ctx, async () => undefined));
      ctx.set('Cache-Control', 'no-store');
      keepUnread(unread, ctx);
    } catch (error) {
      if (error instanceof TenantLimit) parts.metrics.tenantLimits.inc({ limit: error.kind });
      refuse(ctx, error);
    } finally {
      // The answer may wait for long before it is taken.
      delete (ctx.request as { body?: object }).body;
      ctx.state.endQuestion?.();
      endLarge?.();
    }
  };
  return (ctx) => {
    ctx.compress = false;
    return compressing(ctx, () => respond(ctx));
  };
}

/** Finds room for the answer to a mutation before that is done: what it has done its caller is told, whatever that takes. */
function reserve(unread: UnreadAnswers, ctx: Context, longest: number): (length: number) => void {
  if (longest > MOST_OF_A_MUTATION)
    throw new OperationTooLarge('The answer that you ask for may be too large: ask for fewer fields of it. Nothing was done.');
  const parties = partiesOf(ctx, 'changes');
  if (longest > SMALL_CHARACTERS) unread.requireRoom(parties, longest);
  return unread.add(parties, longest, { socket: ctx.req.socket, response: ctx.res });
}

/** Counts an answer that may not be taken at once. */
function keepUnread(unread: UnreadAnswers, ctx: Context): void {
  const { length } = ctx.body as string;
  const recount = ctx.state.unread as ((length: number) => void) | undefined;
  if (recount) {
    recount(length);
  } else {
    const parties = partiesOf(ctx, 'questions');
    if (length > SMALL_CHARACTERS) unread.requireRoom(parties, length);
    unread.add(parties, length, { socket: ctx.req.socket, response: ctx.res });
  }
}

/** Whoever asks waits for others of their tenant, by turns of those who ask. */
function takePlace(places: PlacesByName, member: Member): Promise<GiveBack> {
  return places.take(member.crowd, { member, deadline: patienceEnds(), tooLate: waitedInVain });
}

function waitedInVain(): DatabaseUnavailable {
  return new DatabaseUnavailable({ cause: new WaitedInVain('QUEUE_TOO_LONG') });
}

/** Strangers use up no room of the tenant whose host they ask at, one caller not all of it, and questions none of that of changes. */
function partiesOf(ctx: Context, kind: 'changes' | 'questions'): Party[] {
  const { principal } = ctx.state as { principal?: Principal };
  if (!principal) return [{ key: '', most: MOST_UNREAD }];
  const { tenant, actor } = principal;
  return [
    { key: `${kind} ${tenant.id}`, most: MOST_UNREAD },
    { key: `${kind} ${tenant.id} ${actorKey(actor)}`, most: MOST_UNREAD_OF_ONE },
  ];
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

function detailsOf(principal: Principal | undefined): object {
  const id = principal?.actor.id;
  return principal?.actor.type === ActorType.PERSON ? { subject: id } : { clientId: id };
}

const NOT_ACCEPTABLE = 'Answers are application/json or application/graphql-response+json: let the header Accept take one of them.';

function refuse(ctx: Context, error: unknown): void {
  if (error instanceof BearerError) {
    ctx.set('WWW-Authenticate', error.challenge);
    refuseGraphql(ctx, error.status, error);
  } else if (error instanceof UnreadableBody) {
    refuseGraphql(ctx, error.status, { code: 'BAD_REQUEST', message: error.message });
  } else if (error instanceof Forbidden) {
    refuseGraphql(ctx, 403, error);
  } else if (error instanceof OperationTooLarge) {
    refuseGraphql(ctx, 400, error);
  } else if (error instanceof TenantLimit) {
    ctx.set('Retry-After', String(error.retryAfterSeconds));
    ctx.state.details = { ...ctx.state.details, limit: error.kind };
    refuseGraphql(ctx, 429, error);
  } else {
    throw error;
  }
}
