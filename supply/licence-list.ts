import { shippedPackages } from './lock-file.ts';

/** Licences that let anybody pass the code on, changed or not, within a product of their own. */
export const ALLOWED: readonly string[] = [
  ...[
    '0BSD',
    'Apache-2.0',
    'BlueOak-1.0.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'CC0-1.0',
    'ISC',
    'MIT',
    'PSF-2.0',
    'Python-2.0',
    'Unlicense',
    'Zlib',
  ],
];

/** Whether an SPDX expression can be met with {@link ALLOWED} licences: of alternatives one will do. */
export function isAllowed(expression: string | undefined): boolean {
  if (expression === undefined) return false;
  const text = expression.replaceAll(/[()]/g, '');
  return text.split(/ OR /).some((choice) => choice.split(/ AND /).every((licence) => ALLOWED.includes(licence.trim())));
}

/** The page that lists the licence of every package that is shipped. */
export function renderLicences(): string {
  const rows = shippedPackages().map(({ name, version, license, isInServer, isInPage }) => {
    const where = [isInServer && 'server', isInPage && 'page'].filter(Boolean).join(', ');
    return `| ${name} | ${version} | ${license ?? 'unknown'} | ${where} |`;
  });
  return `${[...INTRODUCTION, ...[...new Set(rows)].sort()].join('\n')}\n`;
}

const INTRODUCTION = [
  '# Licences of what is shipped',
  '',
  'The packages that the server loads and those that are in the page, by their own statements. `npm run licences` writes this page',
  'from the lock file and the built page. The full texts are in the packages, as `node_modules/…/LICENSE`.',
  '',
  '| package | version | licence | in |',
  '| ------- | ------- | ------- | -- |',
];
