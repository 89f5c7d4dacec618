import type { KeysFrom } from '../keys-draft';

/** What the subject of a workload looks like. What stands in angle brackets is for whoever uses it to replace. */
export interface SubjectPreset {
  label: string;
  subject: string;
  isPattern?: boolean;
  /** Claims that it needs beside it. */
  claims?: readonly string[];
}

/** A platform that gives its workloads tokens of what they are. */
export interface Platform {
  name: string;
  /** What its tokens have as iss. */
  issuer: string;
  keys: KeysFrom;
  /** Where its keys are, when they are at an address. */
  address?: string;
  algorithms: readonly string[];
  /** In seconds: for how long its tokens live at the most. */
  longestLife?: number;
  /** What to change, and where to look it up. */
  hint: string;
  /** Whether an issuer is of this platform, by all that can be told from its name. */
  isIssuer: RegExp;
  subjects: readonly SubjectPreset[];
}

const CLUSTER_SUBJECTS: readonly SubjectPreset[] = [
  { label: 'Service account', subject: 'system:serviceaccount:<namespace>:<service-account>' },
];
const DAY = 86_400;

/** The platforms that people come with, the most usual first. */
export const PLATFORMS: readonly Platform[] = [
  {
    name: 'GitHub Actions',
    issuer: 'https://token.actions.githubusercontent.com',
    keys: 'issuer',
    algorithms: ['RS256'],
    hint: 'It is the same for all of github.com. A GitHub Enterprise Server has an issuer of its own: https://<host>/_services/token.',
    isIssuer: /^https:\/\/token\.actions\.githubusercontent\.com(\/|$)|\/_services\/token$/,
    subjects: [
      { label: 'Branch', subject: 'repo:<owner>/<repository>:ref:refs/heads/main' },
      { label: 'Environment', subject: 'repo:<owner>/<repository>:environment:production' },
      { label: 'Any tag', subject: 'repo:<owner>/<repository>:ref:refs/tags/*', isPattern: true, claims: ['repository_id'] },
    ],
  },
  {
    name: 'GitLab',
    issuer: 'https://gitlab.com',
    keys: 'issuer',
    algorithms: ['RS256'],
    hint: 'For a GitLab of your own put its address in place of https://gitlab.com, without a slash at the end.',
    isIssuer: /^https:\/\/[^/]*gitlab/,
    subjects: [
      { label: 'Branch', subject: 'project_path:<group>/<project>:ref_type:branch:ref:main' },
      {
        label: 'Any branch',
        subject: 'project_path:<group>/<project>:ref_type:branch:ref:**',
        isPattern: true,
        claims: ['project_id'],
      },
    ],
  },
  {
    name: 'Kubernetes',
    issuer: 'https://kubernetes.default.svc.cluster.local',
    keys: 'set',
    algorithms: ['RS256'],
    hint: 'kubectl get --raw /.well-known/openid-configuration says what the issuer is. Of a private cluster paste the keys: kubectl get --raw /openid/v1/jwks. Where the issuer can be reached from here, choose From the issuer.',
    isIssuer: /kubernetes|k8s|^https:\/\/container\.googleapis\.com\//,
    subjects: CLUSTER_SUBJECTS,
  },
  {
    name: 'SPIFFE',
    issuer: 'spiffe://example.org',
    keys: 'address',
    address: 'https://spire.example.org/bundle',
    algorithms: ['RS256', 'ES256'],
    hint: 'Put your trust domain in place of example.org, and the URL of its bundle endpoint (https_web). Or paste the keys: spire-server bundle show -format spiffe.',
    isIssuer: /^spiffe:/,
    subjects: [
      { label: 'Workload', subject: 'spiffe://example.org/ns/<namespace>/sa/<service-account>' },
      { label: 'Any of a namespace', subject: 'spiffe://example.org/ns/<namespace>/sa/*', isPattern: true },
    ],
  },
  {
    name: 'Google',
    issuer: 'https://accounts.google.com',
    keys: 'issuer',
    algorithms: ['RS256'],
    hint: 'It is the same for all of Google Cloud. The subject of a service account is its unique id, a number of 21 digits.',
    isIssuer: /^https:\/\/accounts\.google\.com(\/|$)/,
    subjects: [{ label: 'Service account', subject: '<unique-id>' }],
  },
  {
    name: 'Azure',
    issuer: 'https://login.microsoftonline.com/<tenant-id>/v2.0',
    keys: 'issuer',
    algorithms: ['RS256'],
    longestLife: DAY,
    hint: 'Put the id of your directory in place of <tenant-id>. Tokens of version 1 have https://sts.windows.net/<tenant-id>/ instead, with the slash.',
    isIssuer: /^https:\/\/(login\.microsoftonline\.com|sts\.windows\.net)\//,
    subjects: [{ label: 'Managed identity', subject: '<object-id>' }],
  },
  {
    name: 'AWS (EKS)',
    issuer: 'https://oidc.eks.<region>.amazonaws.com/id/<id>',
    keys: 'issuer',
    algorithms: ['RS256'],
    hint: 'aws eks describe-cluster --name <cluster> --query cluster.identity.oidc.issuer says what it is.',
    isIssuer: /^https:\/\/oidc\.eks\./,
    subjects: CLUSTER_SUBJECTS,
  },
  {
    name: 'Buildkite',
    issuer: 'https://agent.buildkite.com',
    keys: 'issuer',
    algorithms: ['RS256'],
    hint: 'It is the same for all of Buildkite.',
    isIssuer: /^https:\/\/agent\.buildkite\.com(\/|$)/,
    subjects: [
      {
        label: 'Branch',
        subject: 'organization:<organization>:pipeline:<pipeline>:ref:refs/heads/main:commit:*:step:*',
        isPattern: true,
        claims: ['pipeline_id'],
      },
    ],
  },
];

/** The platform of an issuer, as far as its name tells. */
export function platformOf(issuer: string): Platform | undefined {
  return PLATFORMS.find(({ isIssuer }) => isIssuer.test(issuer));
}

/** What of a text is still for somebody to replace, in a sentence; null when nothing is. */
export function findBlank(text: string): string | null {
  const blanks = [...new Set(text.match(/<[\w-]+>/g))];
  return blanks.length > 0 ? `Put your own in place of ${blanks.join(' and ')}.` : null;
}
