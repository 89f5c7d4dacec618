const NEEDED = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'LANG', 'LC_.*', 'TZ', 'TMPDIR', 'TEMP', 'TMP', 'CI', 'NO_COLOR', 'FORCE_COLOR'],
  ...['npm_config_.*', 'https?_proxy', 'no_proxy', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['SystemRoot', 'ComSpec', 'PATHEXT', 'APPDATA', 'LOCALAPPDATA', 'USERPROFILE'],
];
const NAME = new RegExp(`^(?:${NEEDED.join('|')})$`, 'i');

/**
 * What programs get that install and build, and ask the registry: their code is not ours, and the settings of the server, with the
 * encryption key among them, are none of their business.
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function buildEnvironment(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => NAME.test(name)));
}
