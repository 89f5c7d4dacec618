import { parseEnv } from 'node:util';
import type { Credentials } from '../src/console/clients/secrets/credentials.js';
import { makeSnippets } from '../src/console/clients/secrets/snippets.js';
import { claimsOf, createClient, startApp, type TestApp } from '../testbed/app.js';
import { hasPython } from '../testbed/python.js';
import { getTokenWith, makeSnippet, type RunnableLabel, runProgram, runShell, runUnconfigured } from '../testbed/snippet-runs.js';
import { startTokenRecorder } from '../testbed/token-recorder.js';

const AWKWARD_SECRET = `p:%+&= "$HOME$(id)\\n' \`id\`#{{x}}!*() ~<b>`;
const AWKWARD_SCOPES = ['orders:read', "it's:`id`$HOME&100%+{{x}}"];
const AWKWARD_AUDIENCE = `https://billing.example/a'b"$HOME\`id\`?d=e&f=%20+{{x}}`;
const ADMIN = 'admin';

let app: TestApp;
let clients: Record<string, Credentials>;

beforeAll(async () => {
  app = await startApp({ ADMIN_CLIENT_SECRET: AWKWARD_SECRET });
  const rights = { scopes: AWKWARD_SCOPES, audience: AWKWARD_AUDIENCE };
  const audiences = [`${app.url}/api`, rights.audience];
  clients = {
    '..': credentials(await createClient(app, { clientId: '..' })),
    '~root': credentials(await createClient(app, { clientId: '~root' })),
    '-K~.b-': credentials(await createClient(app, { clientId: '-K~.b-', scopes: [...rights.scopes, 'unasked'], audiences }), rights),
    [ADMIN]: credentials(app.admin),
  };
});
afterAll(() => app.stop());

function credentials(client: { clientId: string; secret: string }, wish: Partial<Credentials> = {}): Credentials {
  return { issuer: app.url, tokenUrl: `${app.url}/connect/token`, scopes: [], ...client, ...wish };
}

/** Credentials that no server knows, for what can be seen without one. */
const invented = (secret: string, tokenUrl = 'https://id.example/connect/token'): Credentials => ({
  issuer: 'https://id.example',
  tokenUrl,
  clientId: '~a.b-',
  secret,
  scopes: [],
});

const itWithPython = hasPython() ? it : it.skip;
const LABELS: RunnableLabel[] = ['curl', 'Postman', '.env', 'Node', 'Python'];

describe.each(LABELS)('%s', (label) => {
  const itRuns = label === 'Python' ? itWithPython : it;

  itRuns.each(['..', '~root', '-K~.b-', ADMIN])('gets a token for the client %s', async (clientId) => {
    const client = clients[clientId] as Credentials;
    const { sub, aud, scope } = claimsOf(await getTokenWith(label, client));
    expect(sub).toBe(clientId);
    if (label === '.env' || !client.audience) return;
    expect({ aud, scope }).toEqual({ aud: AWKWARD_AUDIENCE, scope: AWKWARD_SCOPES.join(' ') });
  });
});

it('the collection leaves out the call of an API for as long as there is none', async () => {
  const seen = await runUnconfigured(clients['..'] as Credentials);
  expect(seen).toMatch(/requests\s*│\s*1\s*│\s*0/);
  expect(seen).toMatch(/assertions\s*│\s*1\s*│\s*0/);
});

describe('the programs', () => {
  const PROGRAMS = [
    ['Node', '\nconsole.log(await getToken());'],
    ['Python', '\nprint(get_token())'],
  ] as const;

  for (const [label, another] of PROGRAMS) {
    const itRuns = label === 'Python' ? itWithPython : it;

    itRuns(`keep a token for as long as it is good, in ${label}`, async () => {
      const endpoint = await startTokenRecorder(60);
      expect(await runProgram(label, invented('x', endpoint.url), another)).toEqual(['token-1', 'token-1']);
      await endpoint.stop();
    });

    itRuns(`ask again once it is not, in ${label}`, async () => {
      const endpoint = await startTokenRecorder(0);
      expect(await runProgram(label, invented('x', endpoint.url), another)).toEqual(['token-1', 'token-2']);
      await endpoint.stop();
    });

    itRuns(`encode a secret of any characters, in ${label}`, async () => {
      const endpoint = await startTokenRecorder(60);
      await runProgram(label, invented(`${AWKWARD_SECRET}ä€🔑`, endpoint.url));
      const pair = Buffer.from(endpoint.received[0]?.replace('Basic ', '') ?? '', 'base64').toString();
      const halves = pair.split(':').map(decodeURIComponent);
      expect(halves).toEqual(['~a.b-', `${AWKWARD_SECRET}ä€🔑`]);
      await endpoint.stop();
    });
  }

  it('have in C# what they have in the other languages', () => {
    const { text } = makeSnippet('C#', { ...invented('a"b\\c'), audience: 'https://api.example/', scopes: ['a', 'b'] });
    for (const part of [
      'const string clientId = "~a.b-";',
      String.raw`const string clientSecret = "a\"b\\c";`,
      'const string tokenUrl = "https://id.example/connect/token";',
      '["grant_type"] = "client_credentials",',
      '["resource"] = "https://api.example/",',
      '["scope"] = "a b",',
      'Uri.EscapeDataString(clientId) + ":" + Uri.EscapeDataString(clientSecret)',
      'new AuthenticationHeaderValue("Basic", basic)',
      'if (now < renewAt) return token;',
    ]) {
      expect(text).toContain(part);
    }
    for (const pair of ['()', '{}', '[]']) expect(text.split(pair[0] as string)).toHaveLength(text.split(pair[1] as string).length);
  });
});

describe('the line for curl', () => {
  it('keeps the secret from the arguments of a process', async () => {
    const { text } = makeSnippet('curl', invented('lk_secret'));
    const seen = await runShell(`curl() { cat >/dev/null; printf '%s\\n' "$@"; }\n${text}`);
    expect(seen).toContain('grant_type=client_credentials');
    expect(seen).not.toContain('lk_secret');
  });

  it('stays out of the history of a bash that is set up for it', async () => {
    const { text } = makeSnippet('curl', invented('lk_secret'));
    const history = `HISTCONTROL=ignoreboth; set -o history\ncurl() { :; }\n${text}\nhistory`;
    const seen = await runShell(`bash --norc <<'END'\n${history}\nEND`);
    expect(seen).toContain('curl() { :; }');
    expect(seen).not.toContain('lk_secret');
  });
});

describe('the settings', () => {
  it.each(['lk_0123456789', '~root', `blanks, "quotes", $HOME, \`id\`, #, ! and \\n`, "an apostrophe ' among # and blanks"])(
    'mean the same to dotenv and to sh: %s',
    async (secret) => {
      const { text } = makeSnippet('.env', invented(secret));
      const expected = {
        LATCHKEY_TOKEN_URL: 'https://id.example/connect/token',
        LATCHKEY_CLIENT_ID: '~a.b-',
        LATCHKEY_CLIENT_SECRET: secret,
      };
      expect(parseEnv(text)).toEqual(expected);
      const printed = Object.keys(expected).map((name) => `"$${name}"`);
      const seen = await runShell(`${text}printf '%s\\n' ${printed.join(' ')}`);
      expect(seen.trimEnd().split('\n')).toEqual(Object.values(expected));
    },
  );

  it('have no quotes around a secret that the server made', () => {
    expect(makeSnippet('.env', invented('lk_0123456789')).text).toMatch(/^LATCHKEY_CLIENT_SECRET=lk_0123456789$/m);
  });
});

it('come in the order of their tabs, with names that no file system takes for something else', () => {
  const snippets = makeSnippets(invented('lk_secret'));
  expect(snippets.map(({ label }) => label)).toEqual(['curl', 'Postman', '.env', 'Node', 'Python', 'C#']);
  for (const { fileName, text } of snippets) {
    expect(fileName).toMatch(/^\w[\w.]+$/);
    expect(text.split('\n').filter((line) => line.length > 100)).toEqual([]);
  }
});
