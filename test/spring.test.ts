import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeProtectedHeader } from 'jose';
import { claimsOf, createClient, createTenant, getToken, startApp, type TestApp } from '../testbed/app.js';

/** Jars of spring-security-oauth2-jose and what it needs, as Maven names them by `testbed/spring/pom.xml`; the suite fetches none, `.ci/run` does. */
const { SPRING_CLASSPATH: jars } = process.env;
const [, recipe = ''] = /```java\n(.*?)```/s.exec(readFileSync(join(import.meta.dirname, '../docs/apis.md'), 'utf8')) ?? [];

const MAIN = `
public class Main {
  static String tell(JwtDecoder decoder, String token) {
    try { return decoder.decode(token).getSubject(); } catch (JwtException refusal) { return "refused"; }
  }
  public static void main(String[] tokens) {
    JwtDecoder asIs = NimbusJwtDecoder.withJwkSetUri(Latchkey.ISSUER + "/.well-known/jwks.json").jwsAlgorithm(SignatureAlgorithm.ES256).build();
    for (String token : tokens) System.out.println(tell(asIs, token) + " " + tell(Latchkey.decoder(), token));
  }
}`;

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

it('the recipe for Spring asks of a token what tokens say', async () => {
  const token = await getToken(app, await createClient(app, { clientId: 'recipe' }));
  const { typ, alg } = decodeProtectedHeader(token);
  expect(/JOSEObjectType\("(.*?)"\)/.exec(recipe)?.[1]).toBe(typ);
  expect(/SignatureAlgorithm\.(\w+)\)/.exec(recipe)?.[1]).toBe(alg);
  const claims = claimsOf(token);
  expect([claims.iss, claims.aud]).toEqual([app.url, app.url + /ISSUER \+ "(\/api)"/.exec(recipe)?.[1]]);
  expect((await fetch(app.url + /ISSUER \+ "(\/\.well-known.*?)"/.exec(recipe)?.[1])).status).toBe(200);
});

(jars ? it : it.skip)(
  "Spring's decoder takes tokens by the recipe, refuses those of others, and as it is takes those of the type JWT",
  async () => {
    const input = { scopes: ['orders:read'], audiences: [`${app.url}/api`, 'https://other.example'] };
    const client = await createClient(app, { clientId: 'spring', ...input });
    const token = await getToken(app, client);
    const other = await getToken(app, client, { resource: 'https://other.example' });
    const acme = await createTenant(app, 'acme');
    const foreign = await getToken(acme, await createClient(acme, { clientId: 'spring' }));
    await app.api.updateTenant(new URL(app.url).host, { accessTokenType: 'JWT' });
    const plain = await getToken(app, client);
    const folder = mkdtempSync(join(tmpdir(), 'spring-'));
    const file = join(folder, 'Main.java');
    writeFileSync(file, recipe.replace('http://localhost:4000', app.url) + MAIN);
    execFileSync('javac', ['-cp', jars as string, '-d', folder, file]);
    const run = spawn('java', ['-cp', `${jars}:${folder}`, 'Main', token, other, foreign, plain]);
    let told = '';
    for await (const chunk of run.stdout) told += chunk;
    rmSync(folder, { recursive: true });
    expect(told.trim().split('\n')).toEqual(['refused spring', 'refused refused', 'refused refused', 'spring refused']);
  },
);
