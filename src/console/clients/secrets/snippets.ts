import type { Credentials } from './credentials.js';
import { makeCSharp, makeNode, makePython } from './snippets-code.js';
import { makePostmanCollection } from './snippets-postman.js';
import { makeCurl, makeDotEnv } from './snippets-shell.js';

/** A request for a token that works as it is, or the settings for one. */
export interface Snippet {
  /** What its tab is called. */
  label: 'curl' | 'Postman' | '.env' | 'Node' | 'Python' | 'C#';
  /** Holds the secret in the clear, as plain text: to be shown and copied, never to be put in as HTML. */
  text: string;
  /** What to call it when it is downloaded. Without a dot in front, which browsers take away. */
  fileName: string;
  mediaType: string;
}

/** Every ready-made request for a client that sends its secret, in the order of their tabs. */
export function makeSnippets(credentials: Credentials): Snippet[] {
  return [
    { label: 'curl', text: makeCurl(credentials), fileName: 'token.sh', mediaType: 'text/plain' },
    {
      label: 'Postman',
      text: makePostmanCollection(credentials),
      fileName: 'latchkey.postman_collection.json',
      mediaType: 'application/json',
    },
    { label: '.env', text: makeDotEnv(credentials), fileName: 'latchkey.env', mediaType: 'text/plain' },
    { label: 'Node', text: makeNode(credentials), fileName: 'token.mjs', mediaType: 'text/javascript' },
    { label: 'Python', text: makePython(credentials), fileName: 'token_request.py', mediaType: 'text/plain' },
    { label: 'C#', text: makeCSharp(credentials), fileName: 'Program.cs', mediaType: 'text/plain' },
  ];
}
