import { IsOptional } from 'class-validator';
import { Field, InputType } from 'type-graphql';
import { HoldsNoSecret, IsName, rule } from '../platform/graphql/input-rules.js';
import { isManagementScope } from '../tenants/scopes.js';

const LONGEST_TEXT = 255;
const LONGEST_ISSUER = 500;
const MOST_GRANTS = 100;
const LONGEST_GRANTS = 32_000;
/** What a provider is asked for when nothing else is wanted. */
export const DEFAULT_SCOPE = 'openid profile email';

/** Which rights a value of the claim is to give. */
@InputType({ description: 'Which rights a value of the claim gives.' })
export class ClaimGrantInput {
  @Field({ description: 'A value of the claim, compared exactly: 1 to 255 characters.' })
  value!: string;

  @Field(() => [String], { description: 'The scopes that it gives: rights to manage Latchkey, each of which you hold.' })
  scopes!: string[];
}

/** How people are to sign in. */
@InputType({ description: 'The external OpenID provider through which people sign in, and what they may do then.' })
export class IdentityProviderInput {
  @Field({ description: 'What people call it: "Continue with …". 1 to 100 characters after trimming.' })
  @IsName()
  name!: string;

  @Field({ description: 'Its issuer: an https URL without query and fragment, whose /.well-known/openid-configuration describes it.' })
  @rule(`Give an https URL of at most ${LONGEST_ISSUER} characters, without user, query and fragment.`, isIssuer)
  @HoldsNoSecret()
  issuer!: string;

  @Field({
    description: 'The client id that it knows this tenant by. Register <issuer of the tenant>/session/callback there as redirect URI.',
  })
  @rule(`Give 1 to ${LONGEST_TEXT} printable ASCII characters.`, isToken)
  @HoldsNoSecret()
  clientId!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The client secret for it. When absent the one before is kept, provided that issuer and client id stay the same.',
  })
  @IsOptional()
  @rule(`Give 1 to ${LONGEST_TEXT} printable ASCII characters.`, isToken)
  clientSecret?: string | null;

  @Field(() => String, {
    nullable: true,
    defaultValue: DEFAULT_SCOPE,
    description: 'The scopes to ask it for, openid among them: more than the usual ones where the claim takes that.',
  })
  @IsOptional()
  @rule(`Give scopes with blanks between them, openid among them, in at most ${LONGEST_TEXT} printable ASCII characters.`, isScope)
  @HoldsNoSecret()
  scope?: string | null;

  @Field({ description: 'The claim of the ID token whose values decide what a person may do, such as groups.' })
  @rule(`Give 1 to ${LONGEST_TEXT} printable ASCII characters.`, isToken)
  @HoldsNoSecret()
  claim!: string;

  @Field(() => [ClaimGrantInput], { description: 'Which values of the claim give which scopes: 1 to 100. Several that apply add up.' })
  @rule(
    `Give 1 to ${MOST_GRANTS} values, each once, of 1 to ${LONGEST_TEXT} characters, and for each at least one of the scopes that manage Latchkey.`,
    areGrants,
  )
  @HoldsNoSecret()
  grants!: ClaimGrantInput[];
}

function isIssuer(value: unknown): boolean {
  const url = typeof value === 'string' && value.length <= LONGEST_ISSUER ? URL.parse(value) : null;
  return url !== null && /^https?:$/.test(url.protocol) && !/[?#@]|[^\x21-\x7E]/.test(value as string);
}

function isToken(value: unknown): boolean {
  return typeof value === 'string' && new RegExp(`^[\\x20-\\x7E]{1,${LONGEST_TEXT}}$`).test(value);
}

function isScope(value: unknown): boolean {
  return isToken(value) && (value as string).split(' ').includes('openid');
}

function areGrants(value: unknown): boolean {
  if (!Array.isArray(value) || value.length < 1 || value.length > MOST_GRANTS) return false;
  const values = new Set(value.map((grant) => grant.value));
  return values.size === value.length && value.every(isGrant) && JSON.stringify(value).length <= LONGEST_GRANTS;
}

function isGrant({ value, scopes }: ClaimGrantInput): boolean {
  // In UTF-16, a character has one unit or two.
  if (value.length === 0 || value.length > 2 * LONGEST_TEXT || scopes.length === 0 || scopes.length > MOST_GRANTS) return false;
  return value.isWellFormed() && !/\p{Cc}/u.test(value) && [...value].length <= LONGEST_TEXT && scopes.every(isManagementScope);
}
