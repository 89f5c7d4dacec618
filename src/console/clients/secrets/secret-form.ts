/** A secret key, or a token in its three parts. */
const SECRETS = /lk_[0-9a-z]{40,}|eyJ[\w-]+\.[\w-]+\.[\w-]*/gi;

/** A text without what has the form of a secret key or of a token. */
export function withoutSecrets(text: string): string {
  return text.replace(SECRETS, '');
}
