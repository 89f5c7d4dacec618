import { type Credentials, encodeForBasic, formOf } from './credentials.js';

const SCHEMA = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json';

/** A collection (v2.1) that runs as it was imported: a token, then a call with it once there is something to call. */
export function makePostmanCollection(credentials: Credentials): string {
  const { issuer, clientId } = credentials;
  const collection = {
    info: { name: `Latchkey: ${clientId}`, description: `Access tokens for ${clientId} from ${issuer}.`, schema: SCHEMA },
    variable: variablesOf(credentials),
    item: [tokenRequest(credentials), apiRequest()],
  };
  return `${JSON.stringify(collection, null, 2)}\n`;
}

/** Postman joins the halves of a Basic header as they are, so they are encoded here. */
function variablesOf({ tokenUrl, clientId, secret }: Credentials): object[] {
  return [
    { key: 'tokenUrl', value: tokenUrl },
    { key: 'clientId', value: encodeForBasic(clientId) },
    { key: 'clientSecret', value: encodeForBasic(secret), description: 'Percent-encoded.' },
    { key: 'accessToken', value: '', description: 'Set by the first request.' },
    { key: 'apiUrl', value: '', description: 'What the second request calls.' },
  ];
}

function tokenRequest(credentials: Credentials): object {
  const auth = basic('{{clientId}}', '{{clientSecret}}');
  const urlencoded = formOf(credentials).map(([key, value]) => ({ key, value }));
  return {
    name: 'Get an access token',
    request: { method: 'POST', auth, body: { mode: 'urlencoded', urlencoded }, url: '{{tokenUrl}}' },
    event: [
      script('test', [
        "pm.test('a token is issued', () => pm.response.to.have.status(200));",
        "pm.collectionVariables.set('accessToken', pm.response.json().access_token);",
      ]),
    ],
  };
}

function apiRequest(): object {
  const auth = { type: 'bearer', bearer: [{ key: 'token', value: '{{accessToken}}', type: 'string' }] };
  return {
    name: 'Call your API',
    request: { method: 'GET', auth, url: '{{apiUrl}}', description: 'Waits for a URL in the variable apiUrl.' },
    event: [script('prerequest', ["if (!pm.variables.get('apiUrl')) pm.execution.skipRequest();"])],
  };
}

function basic(username: string, password: string): object {
  const fields = Object.entries({ username, password });
  return { type: 'basic', basic: fields.map(([key, value]) => ({ key, value, type: 'string' })) };
}

function script(listen: 'prerequest' | 'test', exec: string[]): object {
  return { listen, script: { type: 'text/javascript', exec } };
}
