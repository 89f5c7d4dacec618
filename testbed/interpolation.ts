/** A value as Compose reads it: the default where there is one, a stand-in where one is demanded. */
export function interpolate(value: string): string {
  return value.replace(
    /\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}/g,
    (_all, name: string, fallback: string | undefined) =>
      fallback ?? (name === 'ENCRYPTION_KEY' ? Buffer.alloc(32).toString('base64') : 'given'),
  );
}
