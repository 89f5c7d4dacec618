/** Each setting of a draft: what it is called, and its value in words, by which two of them are told apart. */
export type Settings<Draft> = { [Name in keyof Draft]: readonly [label: string, inWords: (value: Draft[Name]) => string] };

/** One setting as two people want it. */
export interface Difference {
  label: string;
  yours: string;
  theirs: string;
  /** Whether both of them changed it. */
  isContested: boolean;
}

/** What of a draft differs from what it is based on. */
export function changesOf<Draft extends object>(settings: Settings<Draft>, before: Draft, draft: Draft): Partial<Draft> {
  const changed = namesIn(settings).filter((name) => wordsOf(settings, name, draft) !== wordsOf(settings, name, before));
  return Object.fromEntries(changed.map((name) => [name, draft[name]])) as Partial<Draft>;
}

/** Where a draft and what somebody else saved in the meantime differ, setting by setting. */
export function differencesOf<Draft extends object>(
  settings: Settings<Draft>,
  { before, yours, theirs }: { before: Draft; yours: Draft; theirs: Draft },
): Difference[] {
  return namesIn(settings)
    .map((name) => ({
      name,
      was: wordsOf(settings, name, before),
      mine: wordsOf(settings, name, yours),
      other: wordsOf(settings, name, theirs),
    }))
    .filter(({ mine, other }) => mine !== other)
    .map(({ name, was, mine, other }) => ({
      label: settings[name][0],
      yours: mine,
      theirs: other,
      isContested: mine !== was && other !== was,
    }));
}

function namesIn<Draft>(settings: Settings<Draft>): (keyof Draft)[] {
  return Object.keys(settings) as (keyof Draft)[];
}

function wordsOf<Draft>(settings: Settings<Draft>, name: keyof Draft, draft: Draft): string {
  return settings[name][1](draft[name]);
}
