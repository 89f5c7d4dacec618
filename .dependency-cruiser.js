/** The rooms of the server in one order: a room imports only rooms that stand before it. */
export const ROOMS = [
  'platform',
  'tenants',
  'changes',
  'clients',
  'keys',
  'authentication',
  'people',
  'tokens',
  'installation',
  'server',
  'main.ts',
];

/** Those of the web page in theirs. */
export const PAGE_ROOMS = [
  'words',
  'api',
  'ui',
  'session',
  'activity',
  'signing-keys',
  'explorer',
  'clients',
  'tenants',
  'shell',
  'app.tsx',
  'main.tsx',
];

const SERVER = 'src';
const PAGE = 'src/console';

/** What lies in one of some rooms. */
function within(folder, rooms) {
  return `^${folder}/(${rooms.join('|')})(/|$)`;
}

/** Forbids every import from a room of one that stands after it. */
export function importFromBefore(folder, rooms) {
  return rooms.slice(0, -1).map((room, place) => ({
    name: `${folder}/${room}-imports-from-before`,
    severity: 'error',
    from: { path: within(folder, [room]) },
    to: { path: within(folder, rooms.slice(place + 1)) },
  }));
}

export default {
  forbidden: [
    ...importFromBefore(SERVER, ROOMS),
    ...importFromBefore(PAGE, PAGE_ROOMS),
    { name: 'no-loops', severity: 'error', from: {}, to: { circular: true } },
    { name: 'pages-know-no-server', severity: 'error', from: { path: `^${PAGE}/` }, to: { path: `^${SERVER}/(?!console/)` } },
    { name: 'the-server-knows-no-pages', severity: 'error', from: { path: `^${SERVER}/(?!console/)` }, to: { path: `^${PAGE}/` } },
    {
      name: 'every-file-has-a-room',
      severity: 'error',
      from: {},
      to: { path: `^${SERVER}/`, pathNot: [within(SERVER, ROOMS), within(PAGE, PAGE_ROOMS)] },
    },
    {
      name: 'only-what-is-installed',
      severity: 'error',
      from: { path: '^src/(?!console/)' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'unknown', 'undetermined'] },
    },
    { name: 'found', severity: 'error', from: { path: '^src/(?!console/)' }, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['node', 'import', 'default'] },
  },
};
