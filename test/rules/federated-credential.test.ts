import fc from 'fast-check';
import { findCredentialsFault, findMismatch, fits, warningsOf } from '../../src/clients/federation/federated-credential.rules.js';
import { findPatternFault, fitsPattern } from '../../src/clients/federation/subject-pattern.js';
import { findGivenKeysFault, findKeysFault, isHttpUrl, isIssuerName } from '../../src/clients/federation/trusted-issuer.rules.js';

const GITHUB = 'https://token.actions.githubusercontent.com';
const faultOf = (...credentials: object[]) => findCredentialsFault(credentials);
const withPattern = (issuer: string, subjectPattern: string, claims?: object) => faultOf({ issuer, subjectPattern, claims });

describe('a pattern of subjects', () => {
  it.each([
    ['repo:acme/*:ref:refs/heads/main', 'repo:acme/app:ref:refs/heads/main', true],
    ['repo:acme/*:ref:refs/heads/main', 'repo:acme/app:ref:refs/heads/main2', false],
    ['repo:acme/*:ref:refs/heads/main', 'xrepo:acme/app:ref:refs/heads/main', false],
    ['repo:acme/*:ref:*', 'repo:acme/app:ref:refs/heads/main', false],
    ['repo:acme/*:ref:**', 'repo:acme/app:ref:refs/heads/main', true],
    ['repo:acme/*:ref:**', 'repo:acme/app:environment:x:ref:refs/heads/main', false],
    ['repo:acme/*', 'repo:acme/', false],
    ['repo:acme/*', 'repo:acme/a/b', false],
    ['repo:acme/**', 'repo:acme/a/b', true],
    ['repo:acme/**', 'repo:acme/a:b', false],
    ['repo:acme-*', 'repo:acme-evil/app', false],
    ['a*b*c', 'aXbYc', true],
    ['a*b*c', 'abc', false],
    ['a**b', 'a//b', true],
    ['job.*', 'jobx1', false],
  ])('%s of %s is %s', (pattern, subject, expected) => {
    expect(fitsPattern(pattern, subject)).toBe(expected);
  });

  it('fits what a regular expression of the same meaning does', () => {
    const part = fc.constantFrom('a', 'b', ':', '/', 'ab', '.');
    const pattern = fc
      .tuple(part, fc.array(fc.oneof(part, fc.constantFrom('*', '**')), { maxLength: 6 }))
      .map(([first, rest]) => first + rest.join(''))
      .filter((text) => !text.includes('***'));
    const subject = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(pattern, subject, (text, value) => {
        const source = text
          .split(/(\*\*?)/)
          .map((piece) => ({ '*': '[^:/]+', '**': '[^:]+' })[piece] ?? piece.replaceAll('.', '\\.'))
          .join('');
        expect(fitsPattern(text, value)).toBe(new RegExp(`^${source}$`).test(value));
      }),
      { numRuns: 5_000 },
    );
  });

  it('takes few steps for the longest subject, whatever both are', () => {
    const pattern = `a**${'a'.repeat(100)}**${'a'.repeat(100)}**b`;
    expect(fitsPattern(pattern, 'a'.repeat(500))).toBe(false);
    expect(fitsPattern(pattern, `${'a'.repeat(499)}b`)).toBe(true);
  });

  it.each([
    ['*:main', /begins/],
    ['**', /begins/],
    ['a*b*c*d*', /more than 3/],
    ['a***', /more than two/],
    ['plain', /no wildcard/],
    ['repo:[a-z]*', /none of a pattern/],
    ['repo:?*', /none of a pattern/],
    ['repo:(a|b)*', /none of a pattern/],
    ['repo:\\*', /none of a pattern/],
  ])('is refused as %s', (pattern, reason) => {
    expect(findPatternFault(pattern)).toMatch(reason);
  });
});

describe('credentials', () => {
  const issuer = 'https://ci.example.com';

  it('are taken in every form that is meant', () => {
    expect(faultOf({ issuer, subject: 'job' })).toBeUndefined();
    expect(faultOf({ issuer, subject: 'وظيفة', audience: 'api://latchkey' })).toBeUndefined();
    expect(withPattern(issuer, 'job:*')).toBeUndefined();
    expect(faultOf({ issuer, subject: 'job', claims: { env: 'live', run: 7, ok: true, k8s: { ns: { name: 'a' } } } })).toBeUndefined();
    expect(faultOf(...Array.from({ length: 20 }, (_, index) => ({ issuer, subject: `job ${index}` })))).toBeUndefined();
  });

  it.each<[string, object[], RegExp]>([
    ['none', [], /1 to 20/],
    ['too many', Array.from({ length: 21 }, (_, index) => ({ issuer, subject: `job ${index}` })), /1 to 20/],
    [
      'the same twice',
      [
        { issuer, subject: 'a' },
        { issuer, subject: 'a', claims: {} },
      ],
      /same as number 1/,
    ],
    ['without a subject', [{ issuer }], /a subject or a subjectPattern/],
    ['with both', [{ issuer, subject: 'a', subjectPattern: 'a*' }], /a subject or a subjectPattern/],
    ['with an empty subject', [{ issuer, subject: '' }], /a subject that is none/],
    ['with a blank behind', [{ issuer, subject: 'a ' }], /a subject that is none/],
    ['with something hidden', [{ issuer, subject: 'a\u202eb' }], /a subject that is none/],
    ['with a subject that is too long', [{ issuer, subject: 'a'.repeat(501) }], /a subject that is none/],
    ['without an issuer', [{ issuer: '', subject: 'a' }], /an issuer that is none/],
    ['with an audience of two words', [{ issuer, subject: 'a', audience: 'a b' }], /an audience that is none/],
    ['with a claim that is looked at anyway', [{ issuer, subject: 'a', claims: { aud: 'b' } }], /claim aud/],
    ['with a claim that is a list', [{ issuer, subject: 'a', claims: { groups: ['b'] } }], /a claim that is none/],
    ['with a claim that is nothing', [{ issuer, subject: 'a', claims: { env: null } }], /a claim that is none/],
    ['with a claim that is too deep', [{ issuer, subject: 'a', claims: { a: { b: { c: { d: { e: 1 } } } } } }], /a claim that is none/],
    ['with claims that are too long', [{ issuer, subject: 'a', claims: { env: 'a'.repeat(4001) } }], /too many claims/],
    ['with a secret in it', [{ issuer, subject: `lk_${'a'.repeat(49)}` }], /secret or a token/],
  ])('are refused: %s', (_what, credentials, reason) => {
    expect(faultOf(...credentials)).toMatch(reason);
  });

  it.each([
    [GITHUB, 'repository_owner_id'],
    [GITHUB, 'repository_id'],
    [`${GITHUB}/acme`, 'repository_owner_id'],
    ['https://gitlab.com', 'namespace_id'],
    ['https://gitlab.com', 'project_id'],
    ['https://oidc.circleci.com/org/one', 'oidc.circleci.com/project-id'],
    ['https://app.terraform.io', 'terraform_organization_id'],
    ['https://agent.buildkite.com', 'pipeline_id'],
  ])('of %s pin the owner where a pattern is, for instance by %s', (shared, claim) => {
    expect(withPattern(shared, 'job:*')).toContain(claim);
    expect(withPattern(shared, 'job:*', { ref: 'main' })).toContain(claim);
    expect(withPattern(shared, 'job:*', { [claim]: '1' })).toBeUndefined();
    expect(faultOf({ issuer: shared, subject: 'job:one' })).toBeUndefined();
  });

  it('of Google have no pattern', () => {
    expect(withPattern('https://accounts.google.com', '1*', { azp: '1' })).toMatch(/give the subject itself/);
  });

  it('of SPIFFE name a whole trust domain, with the slash behind it', () => {
    const mesh = 'spiffe://example.org';
    expect(withPattern(mesh, 'spiffe://example.org/ns/*')).toBeUndefined();
    expect(withPattern(issuer, 'spiffe://example.org/ns/*')).toBeUndefined();
    expect(withPattern(mesh, 'spiffe://example.org*')).toMatch(/whole trust domain/);
    expect(withPattern(mesh, 'spiffe://example.*/ns')).toMatch(/whole trust domain/);
    expect(faultOf({ issuer: mesh, subject: 'spiffe://example.org.evil/ns' })).toMatch(/another trust domain/);
    expect(faultOf({ issuer: mesh, subject: 'somebody' })).toMatch(/whole trust domain/);
    expect(faultOf({ issuer, subject: 'SPIFFE://example.org/ns' })).toMatch(/whole trust domain/);
  });
});

describe('a token', () => {
  const terms = { subject: 'job', subjectPattern: null, claims: { env: 'live', k8s: { ns: 'a' } } };

  it('fits what it has, and nothing that it only nearly has', () => {
    expect(fits(terms, { sub: 'job', env: 'live', k8s: { ns: 'a', pod: 'b' } })).toBe(true);
    for (const claims of [
      { sub: 'job', env: 'live' },
      { sub: 'job', env: ['live'], k8s: { ns: 'a' } },
      { sub: 'job', env: 'live', k8s: 'a' },
      { sub: 'job', env: 'live', k8s: [{ ns: 'a' }] },
      { sub: 'Job', env: 'live', k8s: { ns: 'a' } },
      { sub: ['job'], env: 'live', k8s: { ns: 'a' } },
      { sub: undefined, env: 'live', k8s: { ns: 'a' } },
    ])
      expect(fits(terms, claims)).toBe(false);
    expect(fits({ ...terms, claims: { toString: {} } }, { sub: 'job' })).toBe(false);
    expect(fits({ ...terms, claims: { run: 7 } }, { sub: 'job', run: '7' })).toBe(false);
  });

  it('is told what it lacks of the credential that comes nearest', () => {
    const other = { subject: 'other', subjectPattern: null, claims: {} };
    expect(findMismatch([other, terms], { sub: 'job', env: 'test', k8s: { ns: 'a' } })).toEqual({ about: 'env', expected: 'live' });
    expect(findMismatch([other, terms], { sub: 'nobody' })).toEqual({ about: 'sub', expected: 'other, job' });
  });

  it('of a service account that every pod has is warned of', () => {
    const warnings = (subject: string | null, subjectPattern: string | null = null) => warningsOf({ subject, subjectPattern }).length;
    expect(warnings('system:serviceaccount:billing:default')).toBe(1);
    expect(warnings(null, 'system:serviceaccount:*:default')).toBe(1);
    expect(warnings('system:serviceaccount:billing:exporter')).toBe(0);
    expect(warnings('system:serviceaccount:billing:default:x')).toBe(0);
  });
});

describe('a trusted issuer', () => {
  it.each([
    'https://ci.example.com',
    'https://ci.example.com/',
    'https://ci.example.com/org/1',
    'http://localhost:8080',
    'spiffe://example.org',
  ])('is named %s', (name) => {
    expect(isIssuerName(name)).toBe(true);
  });

  it.each([
    '',
    'ci.example.com',
    'ftp://ci.example.com',
    'https://ci.example.com?a',
    'https://ci.example.com#a',
    'https://u:p@ci.example.com',
    'https://ci.example.com/ü',
    'spiffe://example.org/',
    'spiffe://Example.org',
    'spiffe://',
    `https://ci.example.com/${'a'.repeat(500)}`,
    null,
    7,
  ])('is not named %s', (name) => {
    expect(isIssuerName(name)).toBe(false);
  });

  it('has its keys from one place', () => {
    expect(findKeysFault('https://ci.example.com', {})).toBeUndefined();
    expect(findKeysFault('https://ci.example.com', { jwksUri: 'https://a', jwks: {} })?.path).toBe('input.jwks');
    expect(findKeysFault('spiffe://example.org', {})?.path).toBe('input.jwksUri');
    expect(findKeysFault('spiffe://example.org', { jwks: {} })).toBeUndefined();
    expect(isHttpUrl('https://a.example/keys?x=1')).toBe(true);
  });

  it('is given keys of which one at least will do, and no private one', () => {
    const key = {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    };
    expect(findGivenKeysFault({ keys: [key] })).toBeUndefined();
    expect(findGivenKeysFault({ keys: [{ kty: 'EC', crv: 'P-521' }, key, null] })).toBeUndefined();
    expect(findGivenKeysFault({ keys: [{ ...key, use: 'x509-svid' }] })).toMatch(/None of the keys/);
    expect(findGivenKeysFault({ keys: [] })).toMatch(/None of the keys/);
    expect(findGivenKeysFault({})).toMatch(/JSON Web Key Set/);
    expect(findGivenKeysFault({ keys: [{ ...key, d: 'AAAA' }] })).toMatch(/private key/);
    expect(findGivenKeysFault({ keys: [key], note: '-----BEGIN PRIVATE KEY-----' })).toMatch(/private key/);
    expect(findGivenKeysFault({ keys: [key], note: `lk_${'a'.repeat(49)}` })).toMatch(/secret or a token/);
    expect(findGivenKeysFault({ keys: Array(101).fill(key) })).toMatch(/at most 100/);
  });
});
