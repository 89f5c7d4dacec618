import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Credentials } from '../src/console/clients/secrets/credentials.js';
import { makeSnippets, type Snippet } from '../src/console/clients/secrets/snippets.js';
import { startTokenRecorder } from './token-recorder.js';

const run = promisify(execFile);
const newman = join(import.meta.dirname, '../node_modules/newman/bin/newman.js');

/** The ready-made request with this label. */
export function makeSnippet(label: Snippet['label'], credentials: Credentials): Snippet {
  const found = makeSnippets(credentials).find((snippet) => snippet.label === label);
  if (!found) throw new Error(`no ${label}`);
  return found;
}

/** Runs a ready-made request as somebody who pasted it, or downloaded it into an empty folder. @returns the access token that it got */
export function getTokenWith(label: RunnableLabel, credentials: Credentials): Promise<string> {
  return inFolder(makeSnippet(label, credentials), RUNS[label]);
}

/** Runs a program with more lines below it. @returns the lines that it printed */
export function runProgram(label: 'Node' | 'Python', credentials: Credentials, more = ''): Promise<string[]> {
  const { text, ...rest } = makeSnippet(label, credentials);
  const program = label === 'Node' ? process.execPath : 'python3';
  return inFolder({ ...rest, text: text + more }, async ({ fileName }, folder) => {
    const { stdout } = await run(program, [fileName], { cwd: folder });
    return stdout.trim().split('\n');
  });
}

/** Runs the collection as it is imported. @returns what newman says of it */
export function runUnconfigured(credentials: Credentials): Promise<string> {
  return inFolder(makeSnippet('Postman', credentials), ({ fileName }, folder) => runNewman(fileName, folder));
}

/** Runs lines in a shell of their own. */
export async function runShell(script: string, shell = 'sh', folder = tmpdir()): Promise<string> {
  const { stdout } = await run(shell, ['-c', script], { cwd: folder });
  return stdout;
}

/** What can be run here. There is no compiler for C#. */
export type RunnableLabel = Exclude<Snippet['label'], 'C#'>;

const RUNS: Record<RunnableLabel, (snippet: Snippet, folder: string) => Promise<string>> = {
  curl: async ({ text }) => JSON.parse(await runShell(text)).access_token,
  Postman: runCollection,
  '.env': useSettings,
  Node: async ({ fileName }, folder) => (await run(process.execPath, [fileName], { cwd: folder })).stdout.trim(),
  Python: async ({ fileName }, folder) => (await run('python3', [fileName], { cwd: folder })).stdout.trim(),
};

async function inFolder<T>(snippet: Snippet, use: (snippet: Snippet, folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-snippet-'));
  try {
    await writeFile(join(folder, snippet.fileName), snippet.text);
    return await use(snippet, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The second request takes the token to an API, which sees it. */
async function runCollection({ fileName }: Snippet, folder: string): Promise<string> {
  const api = await startTokenRecorder(60);
  expect(await runNewman(fileName, folder, ['--env-var', `apiUrl=${api.url}`])).toMatch(/assertions\s*│\s*1\s*│\s*0/);
  await api.stop();
  expect(api.received).toHaveLength(1);
  return api.received[0]?.replace(/^Bearer /, '') ?? '';
}

async function runNewman(fileName: string, folder: string, options: string[] = []): Promise<string> {
  const { stdout } = await run(process.execPath, [newman, 'run', fileName, '--bail', ...options], { cwd: folder });
  return stdout;
}

/** In the form the settings need no encoding but curl's, so they are seen as they are. */
async function useSettings({ fileName }: Snippet, folder: string): Promise<string> {
  const script = `set -a; . ./${fileName}
    curl -s -d grant_type=client_credentials --data-urlencode "client_id=$LATCHKEY_CLIENT_ID" \
      --data-urlencode "client_secret=$LATCHKEY_CLIENT_SECRET" "$LATCHKEY_TOKEN_URL"`;
  return JSON.parse(await runShell(script, 'bash', folder)).access_token;
}
