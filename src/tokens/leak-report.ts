import type { Middleware } from 'koa';
import { readForm } from '../authentication/form.js';
import type { Throttle } from '../authentication/throttle.js';
import type { ClientSecretService } from '../clients/client-secret.service.js';
import { isPossibleSecret } from '../clients/secret.js';
import { addressOf } from '../platform/http/ip.js';
import { requestIdOf } from '../platform/http/request-notes.js';
import type { Log } from '../platform/log.js';
import { redact } from '../platform/redaction.js';
import { ActorType, tenantOf } from '../tenants/caller.js';
import { tokenIn } from './token-form.js';

const LONGEST_URL = 500;
/** With its path and what follows, percent-encoded. */
const LONGEST_GIVEN_URL = 4_000;
/** Stands where others have a client id: reports that name no secret of ours are counted for their source. */
const REPORTER = ' reports of leaks';

/** What receives reports. */
export interface LeakParts {
  secrets: ClientSecretService;
  throttle: Throttle;
  log: Log;
}

/**
 * Takes a secret that somebody found (`token`, and `url`, where it was found, when they like) and ends it at once.
 * Who has it may say so; nobody else can. The answer is the same whether it was one of ours.
 * @see https://www.rfc-editor.org/rfc/rfc7009#section-2.2
 */
export function leakEndpoint({ secrets, throttle, log }: LeakParts): Middleware {
  return async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    const context = tenantOf(ctx);
    const { plain: address, source } = addressOf(ctx.ip);
    const attempt = { tenantId: context.tenant.id, source, clientId: REPORTER };
    const form = await readForm(ctx);
    const token = form.values.token === '' ? '' : tokenIn(form);
    await throttle.admit(attempt);
    const url = placeOf(String([form.values.url ?? ''].flat()[0]), token);
    const actor = { type: ActorType.ANONYMOUS, id: null, name: null };
    const reporter = { ...context, actor, request: { id: requestIdOf(ctx), address } };
    const clients = isPossibleSecret(token) ? await secrets.reportLeak(reporter, token, url) : [];
    for (const { clientId } of clients)
      log.warn({ requestId: requestIdOf(ctx), clientId, ip: address, url }, 'a secret was reported as leaked and is refused');
    // Guesses that were sent at once count against the right one, as elsewhere; it is ended all the same.
    await (clients.length === 0 ? throttle.fail(attempt) : throttle.admit(attempt));
    ctx.status = 200;
    ctx.body = '';
    ctx.remove('Content-Type');
  };
}

/** Where the secret was found, as a web address without anything in it that could be a secret, this one or another. */
function placeOf(text: string, secret: string): string | undefined {
  const url = text.length > LONGEST_GIVEN_URL ? null : URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  const place = (url.origin + decode(url.pathname)).split(secret).join('…');
  return redact(place).slice(0, LONGEST_URL);
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}
