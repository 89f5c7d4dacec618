import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { claimsOf, startApp, type TestApp } from '../testbed/app.js';
import { shellLinesBelow } from '../testbed/shell-lines.js';
import { startWorkloadIssuer, WORKLOADS, type WorkloadIssuer } from '../testbed/workload-issuer.js';

const PAGE = 'docs/without-a-secret.md';
const run = promisify(execFile);

let app: TestApp;
let issuer: WorkloadIssuer;
let folder: string;

beforeAll(async () => {
  app = await startApp();
  issuer = await startWorkloadIssuer();
  folder = mkdtempSync(join(tmpdir(), 'latchkey-walk-'));
});
afterAll(async () => {
  await app.stop();
  await issuer.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs what stands below some headings as it is written, but for who the issuers are. @returns the answers */
async function walk(headings: string[], names: Record<string, string>, env: Record<string, string> = {}) {
  const lines = ['Before all of them', ...headings].map((heading) => shellLinesBelow(heading, PAGE)).join('\n');
  const set = { 'http://localhost:4000': app.url, lk_paste_the_secret_key_here: app.admin.secret, ...names };
  const script = Object.entries(set).reduce((text, [from, to]) => text.replaceAll(from, to), lines);
  const path = `${folder}:${process.env.PATH}`;
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { env: { ...process.env, ...env, PATH: path } });
  expect(stdout).not.toContain('"errors"');
  // A token's answer ends without a line.
  return stdout
    .replaceAll('}{', '}\n{')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

it('a workflow of GitHub gets a token as it is written', async () => {
  const { iss: _, ...claims } = WORKLOADS.githubActions;
  const github = createServer(async ({ url = '' }, response) => {
    const audience = new URL(url, app.url).searchParams.get('audience') ?? '';
    response.end(JSON.stringify({ count: 1857, value: await issuer.sign(audience, { claims }) }));
  });
  await new Promise<void>((resolve) => github.listen(0, '127.0.0.1', resolve));
  const { port } = github.address() as { port: number };
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of the job',
    ACTIONS_ID_TOKEN_REQUEST_URL: `http://localhost:${port}/token?api-version=2.0`,
  };
  const answers = await walk(['GitHub Actions'], { 'https://token.actions.githubusercontent.com': issuer.url }, env);
  github.close();
  expect(claimsOf(answers.at(-1).access_token)).toMatchObject({ sub: 'deployment', scope: 'orders:read' });
});

it('a pod of Kubernetes gets a token, and a client comes from its secret, as it is written', async () => {
  const file = join(folder, 'token');
  const cluster = await startWorkloadIssuer();
  const { iss: _, ...claims } = WORKLOADS.kubernetes;
  writeFileSync(file, await cluster.sign(app.url, { claims }));
  const names = { 'https://cluster.example.com': cluster.url, '/var/run/secrets/latchkey/token': file };
  const answers = await walk(['Kubernetes', 'Coming from a secret'], names);
  await cluster.stop();
  const token = answers.find(({ access_token }) => access_token !== undefined);
  expect(claimsOf(token.access_token)).toMatchObject({ sub: 'billing-export', scope: 'orders:read' });
  expect(answers.at(-2).data.restorePreviousAuthMethod.authMethod).toBe('SECRET');
  expect(answers.at(-1).data.endPreviousAuthMethod.authMethod).toBe('SECRET');
});

it('a workload of SPIFFE gets a token as it is written', async () => {
  const subject = 'spiffe://example.org/ns/billing/sa/ledger';
  const claims = { ...WORKLOADS.spiffe, sub: subject };
  const agent = join(folder, 'spire-agent');
  // What the agent prints of a token, and of the keys of its trust domain behind it.
  writeFileSync(
    agent,
    `#!/bin/sh\nprintf 'token(%s):\\n\\t%s\\nbundle(spiffe://example.org):\\n\\t{}\\n' '${subject}' '${await issuer.sign(app.url, { claims })}'\n`,
  );
  chmodSync(agent, 0o755);
  issuer.answers['/bundle'] = (_request, response) => {
    const keys = issuer.jwks().keys.map((jwk) => ({ ...jwk, use: 'jwt-svid', alg: undefined }));
    response.end(JSON.stringify({ keys, spiffe_sequence: 1, spiffe_refresh_hint: 300 }));
  };
  const answers = await walk(['SPIFFE'], { 'https://spire.example.com/bundle': `${issuer.url}/bundle` });
  expect(claimsOf(answers.at(-1).access_token)).toMatchObject({ sub: 'ledger', scope: 'orders:read' });
});
