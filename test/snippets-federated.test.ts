import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { makeWorkloadSnippets } from '../src/console/clients/proof/snippets-federated.js';
import { claimsOf, startApp, type TestApp } from '../testbed/app.js';
import { startWorkloadIssuer, type WorkloadIssuer } from '../testbed/workload-issuer.js';

const run = promisify(execFile);
const CLIENT_ID = '-K~.b-';
const AUDIENCE = `https://it's.example/"$HOME\`id\`?d=e&f=%20+{{x}}`;
const SUBJECT = 'system:serviceaccount:billing:exporter';
const CREATE_ISSUER = 'mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { id } }';
const CREATE_CLIENT = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientSecret } }';

const itWithTools = hasTools() ? it : it.skip;

let app: TestApp;
let issuer: WorkloadIssuer;
let folder: string;

beforeAll(async () => {
  app = await startApp();
  issuer = await startWorkloadIssuer();
  folder = await mkdtemp(join(tmpdir(), 'latchkey-workload-'));
  await app.administer(CREATE_ISSUER, { input: { name: 'Platform', issuer: issuer.url } });
  const federatedCredentials = [{ issuer: issuer.url, subject: SUBJECT, audience: AUDIENCE }];
  const input = { name: 'Workload', clientId: CLIENT_ID, authMethod: 'FEDERATED_JWT', federatedCredentials };
  const { body } = await app.administer(CREATE_CLIENT, { input });
  expect(body.errors).toBeUndefined();
});

afterAll(async () => {
  await app?.stop();
  await issuer?.stop();
  await rm(folder, { recursive: true, force: true });
});

function hasTools(): boolean {
  try {
    for (const tool of ['curl', 'jq']) execFileSync(tool, ['--version']);
    return true;
  } catch {
    return false;
  }
}

function snippet(label: string): string {
  const made = makeWorkloadSnippets({ tokenUrl: `${app.url}/connect/token`, clientId: CLIENT_ID, audience: AUDIENCE, subject: SUBJECT });
  return made.find((one) => one.label === label)?.text ?? '';
}

function signed(audience = AUDIENCE): Promise<string> {
  return issuer.sign(audience, { claims: { sub: SUBJECT } });
}

/** Runs lines as a platform does. @param options of its shell @returns what they print */
async function shell(script: string, env: Record<string, string> = {}, options: readonly string[] = ['-e']): Promise<string> {
  const { stdout } = await run('bash', [...options, '-c', script], { cwd: folder, env: { PATH: `${folder}:${process.env.PATH}`, ...env } });
  return stdout;
}

function clientOf(token: string): unknown {
  return claimsOf(token).client_id;
}

itWithTools('gets a token in a workflow of GitHub Actions, for the audience and without showing either', async () => {
  const asked: { audience: string | null; authorization: string | undefined }[] = [];
  issuer.answers['/id-token'] = async (request, response) => {
    const { searchParams } = new URL(request.url ?? '', issuer.url);
    asked.push({ audience: searchParams.get('audience'), authorization: request.headers.authorization });
    response.end(JSON.stringify({ value: await signed(String(searchParams.get('audience'))) }));
  };
  const workflow = parse(snippet('GitHub Actions'));
  expect(workflow.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
  const [step] = workflow.jobs.call.steps;
  const environment = join(folder, 'environment');
  const env = {
    ...step.env,
    ACTIONS_ID_TOKEN_REQUEST_URL: `${issuer.url}/id-token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-runner',
    GITHUB_ENV: environment,
  };
  // As GitHub has it for a step that names it: a step without fails for its last command alone.
  expect(step.shell).toBe('bash');
  const asNamed = ['--noprofile', '--norc', '-eo', 'pipefail'];
  const printed = await shell(step.run, env, asNamed);
  const token = /^ACCESS_TOKEN=(.+)$/m.exec(await readFile(environment, 'utf8'))?.[1] ?? '';
  expect(clientOf(token)).toBe(CLIENT_ID);
  expect(printed.trim()).toBe(`::add-mask::${token}`);
  expect(asked).toEqual([{ audience: AUDIENCE, authorization: 'Bearer of-the-runner' }]);
  await expect(shell(step.run, { ...env, CLIENT_ID: 'somebody-else' }, asNamed)).rejects.toThrow('401');
});

itWithTools('gets a token in a job of GitLab', async () => {
  const job = parse(snippet('GitLab'))['call-the-api'];
  expect(job.id_tokens.ASSERTION.aud).toBe(AUDIENCE);
  const token = await shell(`${job.script.join('\n')}\nprintf %s "$ACCESS_TOKEN"`, { ...job.variables, ASSERTION: await signed() });
  expect(clientOf(token)).toBe(CLIENT_ID);
});

itWithTools('gets a token in a pod of Kubernetes, with the service account of the subject', async () => {
  const { metadata, spec } = parse(snippet('Kubernetes'));
  const [container] = spec.containers;
  const [source] = spec.volumes[0].projected.sources;
  expect([metadata.namespace, spec.serviceAccountName, source.serviceAccountToken.audience]).toEqual(['billing', 'exporter', AUDIENCE]);
  const file = `${container.volumeMounts[0].mountPath}/${source.serviceAccountToken.path}`;
  const own = join(folder, 'token');
  await writeFile(own, await signed());
  const env = Object.fromEntries(container.env.map(({ name, value }: { name: string; value: string }) => [name, value]));
  const answer = await shell(container.args[0].replace(file, own), env);
  expect(clientOf(JSON.parse(answer).access_token)).toBe(CLIENT_ID);
});

itWithTools('gets a token beside a SPIRE agent, and with the token of any platform in a file', async () => {
  const answer = JSON.stringify([{ svids: [{ svid: await signed() }] }, { bundles: {} }]);
  await writeFile(join(folder, 'answer.json'), answer);
  const agent = '#!/bin/sh\nprintf %s "$5" > audience\ncat answer.json\n';
  await writeFile(join(folder, 'spire-agent'), agent, { mode: 0o755 });
  expect(clientOf(JSON.parse(await shell(snippet('SPIFFE'))).access_token)).toBe(CLIENT_ID);
  expect(await readFile(join(folder, 'audience'), 'utf8')).toBe(AUDIENCE);
  await writeFile(join(folder, 'assertion.jwt'), await signed());
  expect(clientOf(JSON.parse(await shell(snippet('curl'))).access_token)).toBe(CLIENT_ID);
});

it('has the texts of others in each snippet as they are', () => {
  for (const label of ['GitHub Actions', 'GitLab', 'Kubernetes'])
    expect(JSON.stringify(parse(snippet(label)))).toContain(JSON.stringify(AUDIENCE));
});
