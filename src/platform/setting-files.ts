import { readSmallFile, reasonOfFile } from './small-file.js';

/** The settings that are secret: each may be in a file that another setting names, instead of in the environment. */
export const SECRET_SETTINGS = [
  'DATABASE_URL',
  'MIGRATION_DATABASE_URL',
  'ENCRYPTION_KEY',
  'ENCRYPTION_KEY_PREVIOUS',
  'ADMIN_CLIENT_SECRET',
] as const;

/** What the environment gives, with what stands in files put in. */
export interface GivenSettings {
  values: Record<string, string>;
  faults: { name: string; message: string }[];
  /** Under which name a setting was given. */
  nameOf(setting: string): string;
}

/** Reads the files that settings of the form `NAME_FILE` name; an empty variable counts as unset. Of a file only its last newline is cut. */
export function readGiven(env: NodeJS.ProcessEnv): GivenSettings {
  const values = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => !!entry[1]));
  const faults: GivenSettings['faults'] = [];
  const fromFile = new Set<string>();
  for (const setting of SECRET_SETTINGS) {
    const name = `${setting}_FILE`;
    const path = values[name];
    if (path === undefined) continue;
    fromFile.add(setting);
    if (values[setting] !== undefined) faults.push({ name, message: `must not be set beside ${setting}: remove one of them` });
    else {
      const content = readSettingFile(path);
      if ('fault' in content) faults.push({ name, message: content.fault });
      else values[setting] = content.text;
    }
  }
  return { values, faults, nameOf: (setting) => (fromFile.has(setting) ? `${setting}_FILE` : setting) };
}

/** The text of a file that a setting names, without its last newline, or what is wrong with it. */
export function readSettingFile(path: string): { text: string } | { fault: string } {
  try {
    const text = readSmallFile(path).replace(/\r?\n$/, '');
    if (text.includes('\uFFFD')) return { fault: 'names a file that is not text in UTF-8' };
    return text === '' ? { fault: 'names a file that is empty' } : { text };
  } catch (cause) {
    return { fault: `names a file that cannot be read (${reasonOfFile(cause)})` };
  }
}
