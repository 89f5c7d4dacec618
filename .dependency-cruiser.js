/** The floors of the house, from the ground up: what a file may import lies on its own floor or below. */
export const FLOORS = [
  '^src/platform/',
  '^src/(.+\\.(entity|input|rules)|clients/(secret|scopes|client-cursor|registered-client|client-connection|client-usage|public-jwks|public-key|edwards-point|secret-rotation|use-tally)|tenants/(host|tenant-row)|tokens/token-id|access/principal|audit/audit\\.service)\\.ts$',
  '^src/(?!audit/audit\\.service).+\\.service\\.ts$',
  '^src/(.+\\.resolver|tokens/(?!token-id|.+\\.(entity|service|resolver)).+|access/(auth-checker|authenticate|bootstrap|dpop-proof|sign-in))\\.ts$',
  '^src/(app|installation|maintenance|services|tenancy|http/.+|database/.+|backups/.+)\\.ts$',
  '^src/(main|process|server|admin-reset|audit-verify|reencrypt|backup|restore|schema|workers/.+)\\.ts$',
];

/** Forbids every import from a floor to one above it. */
export function importDownOnly(floors) {
  return floors.slice(0, -1).map((path, floor) => ({
    name: `floor-${floor}-imports-down-only`,
    severity: 'error',
    from: { path },
    to: { path: floors.slice(floor + 1).join('|') },
  }));
}

export default {
  forbidden: [
    ...importDownOnly(FLOORS),
    { name: 'no-loops', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'resolvers-tokens-and-access-stay-in-their-room',
      severity: 'error',
      from: { path: '^src/(clients|tenants|tokens|access|audit)/(?:.+\\.resolver|(?!principal).+)\\.ts$' },
      to: { path: FLOORS[3], pathNot: '^src/$1/' },
    },
    { name: 'tenants-know-no-clients', severity: 'error', from: { path: '^src/tenants/(?!.+\\.resolver)' }, to: { path: '^src/clients/' } },
    { name: 'pages-know-no-server', severity: 'error', from: { path: '^src/console/' }, to: { path: '^src/(?!console/)' } },
    { name: 'the-server-knows-no-pages', severity: 'error', from: { path: '^src/(?!console/)' }, to: { path: '^src/console/' } },
    { name: 'every-file-has-a-floor', severity: 'error', from: {}, to: { path: '^src/', pathNot: [...FLOORS, '^src/console/'] } },
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
