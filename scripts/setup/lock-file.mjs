/**
 * The paths of all packages that npm installs by a lock file, those for other platforms among them: what the root needs, what that needs,
 * and so on. npm keeps in the file what nobody needs any more, and installs none of it.
 * @param {Record<string, object>} packages of the lock file, by their paths
 * @returns {string[]}
 */
export function reachable(packages) {
  const found = new Set();
  const visit = (path) => {
    for (const name of namesOf(packages[path], path === '')) {
      const target = resolveFrom(packages, path, name);
      if (target === undefined || found.has(target)) continue;
      found.add(target);
      visit(target);
    }
  };
  visit('');
  return [...found].sort();
}

function namesOf(entry, isRoot) {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {}, devDependencies = {} } = entry;
  const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
  return [...Object.keys({ ...dependencies, ...optionalDependencies, ...(isRoot ? devDependencies : {}) }), ...peers];
}

/** As Node looks for it: beside what needs it, then one folder up, and so on. */
function resolveFrom(packages, path, name) {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const target = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (target in packages) return target;
    if (at === '') return undefined;
  }
}
