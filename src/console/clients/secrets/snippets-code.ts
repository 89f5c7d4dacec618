import { type Credentials, formOf } from './credentials.js';

/** An ES module for Node 18 that prints a token. Its `getToken` keeps it until shortly before it expires. */
export function makeNode(credentials: Credentials): string {
  const { tokenUrl, clientId, secret } = credentials;
  return `// Node 18 or later, no packages: save it as token.mjs, then: node token.mjs
// Before it goes into a repository, read the secret from the environment instead.

const tokenUrl = ${literal(tokenUrl)};
const clientId = ${literal(clientId)};
const clientSecret = ${literal(secret)};
const form = {
${formLines(credentials, (name, value) => `  ${name}: ${value},`)}
};

// Both are encoded before they are joined (RFC 6749, section 2.3.1).
const basic = btoa(\`\${encodeURIComponent(clientId)}:\${encodeURIComponent(clientSecret)}\`);

let kept = { token: "", renewAt: 0 };

// Returns an access token: the same one until nine tenths of its lifetime are over.
async function getToken() {
  const now = Date.now();
  if (now < kept.renewAt) return kept.token;
  const response = await fetch(tokenUrl, {
    method: "POST",
    headers: { Authorization: \`Basic \${basic}\` },
    body: new URLSearchParams(form),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(\`No token: \${response.status} \${await response.text()}\`);
  const { access_token, expires_in } = await response.json();
  kept = { token: access_token, renewAt: now + expires_in * 900 };
  return kept.token;
}

// With each call of your API: headers: { Authorization: \`Bearer \${await getToken()}\` }
console.log(await getToken());
`;
}

/** A script for Python 3.8 that prints a token. Its `get_token` keeps it until shortly before it expires. */
export function makePython(credentials: Credentials): string {
  const { tokenUrl, clientId, secret } = credentials;
  return `# Python 3.8 or later, no packages: save it as token_request.py, then: python3 token_request.py
# Before it goes into a repository, read the secret from the environment instead.

import base64
import json
import time
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

TOKEN_URL = ${literal(tokenUrl)}
CLIENT_ID = ${literal(clientId)}
CLIENT_SECRET = ${literal(secret)}
FORM = {
${formLines(credentials, (name, value) => `    "${name}": ${value},`)}
}

# Both are encoded before they are joined (RFC 6749, section 2.3.1).
PAIR = quote(CLIENT_ID, safe="") + ":" + quote(CLIENT_SECRET, safe="")
HEADERS = {"Authorization": "Basic " + base64.b64encode(PAIR.encode()).decode()}

kept = {"token": "", "renew_at": 0}


def get_token():
    """Returns an access token: the same one until nine tenths of its lifetime are over."""
    now = time.time()
    if now < kept["renew_at"]:
        return kept["token"]
    request = Request(TOKEN_URL, data=urlencode(FORM).encode(), headers=HEADERS)
    with urlopen(request, timeout=10) as response:
        answer = json.load(response)
    kept.update(token=answer["access_token"], renew_at=now + answer["expires_in"] * 0.9)
    return kept["token"]


# With each call of your API: headers={"Authorization": "Bearer " + get_token()}
print(get_token())
`;
}

/** A program for .NET 8 that prints a token. Its `GetTokenAsync` keeps it until shortly before it expires. */
export function makeCSharp(credentials: Credentials): string {
  const { tokenUrl, clientId, secret } = credentials;
  return `// .NET 8 or later, no packages: the Program.cs of a project made by "dotnet new console".
// Before it goes into a repository, read the secret from the environment instead.

using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

const string tokenUrl = ${literal(tokenUrl)};
const string clientId = ${literal(clientId)};
const string clientSecret = ${literal(secret)};
var form = new Dictionary<string, string>
{
${formLines(credentials, (name, value) => `  ["${name}"] = ${value},`)}
};

// Both are encoded before they are joined (RFC 6749, section 2.3.1).
var pair = Uri.EscapeDataString(clientId) + ":" + Uri.EscapeDataString(clientSecret);
var basic = Convert.ToBase64String(Encoding.ASCII.GetBytes(pair));

using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
var token = "";
var renewAt = DateTimeOffset.MinValue;

// With each call of your API: new AuthenticationHeaderValue("Bearer", await GetTokenAsync())
Console.WriteLine(await GetTokenAsync());

// Returns an access token: the same one until nine tenths of its lifetime are over.
async Task<string> GetTokenAsync()
{
  var now = DateTimeOffset.UtcNow;
  if (now < renewAt) return token;
  using var request = new HttpRequestMessage(HttpMethod.Post, tokenUrl);
  request.Headers.Authorization = new AuthenticationHeaderValue("Basic", basic);
  request.Content = new FormUrlEncodedContent(form);
  using var response = await http.SendAsync(request);
  var body = await response.Content.ReadAsStringAsync();
  if (!response.IsSuccessStatusCode)
  {
    throw new HttpRequestException($"No token: {(int)response.StatusCode} {body}");
  }
  using var answer = JsonDocument.Parse(body);
  token = answer.RootElement.GetProperty("access_token").GetString()!;
  renewAt = now.AddSeconds(answer.RootElement.GetProperty("expires_in").GetInt32() * 0.9);
  return token;
}
`;
}

function formLines(credentials: Credentials, toLine: (name: string, value: string) => string): string {
  return formOf(credentials)
    .map(([name, value]) => toLine(name, literal(value)))
    .join('\n');
}

/** The text as JavaScript, Python and C# all write it: their literals have what JSON's have. */
function literal(text: string): string {
  return JSON.stringify(text);
}
