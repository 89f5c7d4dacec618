/** An issuer that people of everywhere have tokens of. */
interface SharedIssuer {
  isIssuer: RegExp;
  /** Claims that name an owner by a number that is never given twice; names are. */
  pins: readonly string[];
}

const SHARED: readonly SharedIssuer[] = [
  { isIssuer: /^https:\/\/token\.actions\.githubusercontent\.com(\/|$)/, pins: ['repository_owner_id', 'repository_id', 'enterprise_id'] },
  { isIssuer: /^https:\/\/gitlab\.com(\/|$)/, pins: ['namespace_id', 'project_id'] },
  { isIssuer: /^https:\/\/oidc\.circleci\.com(\/|$)/, pins: ['oidc.circleci.com/project-id', 'project_id'] },
  {
    isIssuer: /^https:\/\/app\.terraform\.io(\/|$)/,
    pins: ['terraform_organization_id', 'terraform_project_id', 'terraform_workspace_id'],
  },
  { isIssuer: /^https:\/\/agent\.buildkite\.com(\/|$)/, pins: ['organization_id', 'pipeline_id'] },
  // Its subjects are such numbers themselves.
  { isIssuer: /^https:\/\/accounts\.google\.com(\/|$)/, pins: [] },
];

/**
 * The claims of which one has to stand beside a pattern of subjects of an issuer: whoever may choose a name there could have one that fits.
 * @returns undefined for an issuer of one's own; nothing where no claim will do
 */
export function pinsOf(issuer: string): readonly string[] | undefined {
  return SHARED.find(({ isIssuer }) => isIssuer.test(issuer))?.pins;
}
