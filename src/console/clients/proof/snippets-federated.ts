import { quoteForShell } from '../secrets/snippets-shell.js';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** What a ready-made request of a workload is filled in with. Nothing of it is secret. */
export interface Workload {
  tokenUrl: string;
  clientId: string;
  /** What the token of its platform is to be for. */
  audience: string;
  /** Of its token, where one is known and no pattern. */
  subject?: string | undefined;
}

/** A request for an access token as a platform has it. */
export interface ReadySnippet {
  /** What its tab is called: the name of the platform. */
  label: string;
  text: string;
  /** What has to be there for it, in a sentence. */
  note: string;
}

/** Every ready-made request of a workload, in the order of their tabs. */
export function makeWorkloadSnippets(workload: Workload): ReadySnippet[] {
  return [
    { label: 'GitHub Actions', text: makeGitHubWorkflow(workload), note: 'A workflow. Later steps find the token as ACCESS_TOKEN.' },
    { label: 'GitLab', text: makeGitLabJob(workload), note: 'A job of .gitlab-ci.yml, with an image that has curl and jq.' },
    { label: 'Kubernetes', text: makeKubernetesPod(workload), note: 'A pod. The cluster keeps the file of its token fresh.' },
    { label: 'SPIFFE', text: makeSpireCommand(workload), note: 'Where the SPIRE agent runs, with jq.' },
    {
      label: 'curl',
      text: makeCurlFromFile(workload),
      note: 'With the token of the platform in the file assertion.jwt.',
    },
  ];
}

/** @see https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect */
function makeGitHubWorkflow({ tokenUrl, clientId, audience }: Workload): string {
  return `name: Call the API
on: workflow_dispatch
permissions:
  contents: read
  id-token: write
jobs:
  call:
    runs-on: ubuntu-latest
    steps:
      - name: Get an access token
        env:
          TOKEN_URL: ${quoteForYaml(tokenUrl)}
          CLIENT_ID: ${quoteForYaml(clientId)}
          AUDIENCE: ${quoteForYaml(audience)}
        # With this shell the step fails where one of its commands does.
        shell: bash
        run: |
          ACCESS_TOKEN=$(curl -sSf -G "$ACTIONS_ID_TOKEN_REQUEST_URL" \\
            -H "Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \\
            --data-urlencode "audience=$AUDIENCE" | jq -j .value |
${indent(10, tokenRequest('"$TOKEN_URL"', '"client_id=$CLIENT_ID"', 'client_assertion@-'))} | jq -r .access_token)
          echo "::add-mask::$ACCESS_TOKEN"
          echo "ACCESS_TOKEN=$ACCESS_TOKEN" >> "$GITHUB_ENV"
`;
}

/** @see https://docs.gitlab.com/ci/secrets/id_token_authentication/ */
function makeGitLabJob({ tokenUrl, clientId, audience }: Workload): string {
  return `call-the-api:
  id_tokens:
    ASSERTION:
      aud: ${quoteForYaml(audience)}
  variables:
    TOKEN_URL: ${quoteForYaml(tokenUrl)}
    CLIENT_ID: ${quoteForYaml(clientId)}
  script:
    - |
      ACCESS_TOKEN=$(printf %s "$ASSERTION" |
${indent(6, tokenRequest('"$TOKEN_URL"', '"client_id=$CLIENT_ID"', 'client_assertion@-'))} | jq -r .access_token)
`;
}

/** @see https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#serviceaccount-token-volume-projection */
function makeKubernetesPod({ tokenUrl, clientId, audience, subject }: Workload): string {
  const [, namespace = 'default', account = 'my-service-account'] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(subject ?? '') ?? [];
  return `apiVersion: v1
kind: Pod
metadata:
  name: call-the-api
  namespace: ${quoteForYaml(namespace)}
spec:
  serviceAccountName: ${quoteForYaml(account)}
  restartPolicy: Never
  containers:
    - name: call
      image: curlimages/curl
      env:
        - name: TOKEN_URL
          value: ${quoteForYaml(tokenUrl)}
        - name: CLIENT_ID
          value: ${quoteForYaml(clientId)}
      command: ["sh", "-c"]
      args:
        - |
${indent(10, tokenRequest('"$TOKEN_URL"', '"client_id=$CLIENT_ID"', 'client_assertion@/var/run/secrets/latchkey/token'))}
      volumeMounts:
        - name: latchkey
          mountPath: /var/run/secrets/latchkey
          readOnly: true
  volumes:
    - name: latchkey
      projected:
        sources:
          - serviceAccountToken:
              path: token
              audience: ${quoteForYaml(audience)}
              expirationSeconds: 600
`;
}

/** @see https://spiffe.io/docs/latest/deploying/spire_agent/#spire-agent-api-fetch-jwt */
function makeSpireCommand({ tokenUrl, clientId, audience }: Workload): string {
  const request = tokenRequest(quoteForShell(tokenUrl), quoteForShell(`client_id=${clientId}`), 'client_assertion@-');
  return `spire-agent api fetch jwt -audience ${quoteForShell(audience)} -output json |
  jq -j '.[0].svids[0].svid' |
${indent(0, request)}
`;
}

function makeCurlFromFile({ tokenUrl, clientId }: Workload): string {
  return `${tokenRequest(quoteForShell(tokenUrl), quoteForShell(`client_id=${clientId}`), 'client_assertion@assertion.jwt')}\n`;
}

/** The assertion comes from a file or a pipe: among curl's arguments every user of the machine could read it. */
function tokenRequest(url: string, clientId: string, assertion: string): string {
  return [
    `curl -sSf ${url} \\`,
    '  -d grant_type=client_credentials \\',
    `  -d client_assertion_type=${ASSERTION_TYPE} \\`,
    `  --data-urlencode ${clientId} \\`,
    `  --data-urlencode ${assertion}`,
  ].join('\n');
}

function indent(columns: number, text: string): string {
  return text.replace(/^/gm, ' '.repeat(columns));
}

/** The text between `'`, where YAML leaves everything but that as it is. */
function quoteForYaml(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
