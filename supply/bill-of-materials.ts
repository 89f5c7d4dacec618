import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { shippedPackages } from './lock-file.ts';

/** What the product is made of, as CycloneDX has it. @see https://cyclonedx.org/docs/1.5/json/ */
export interface BillOfMaterials {
  bomFormat: string;
  specVersion: string;
  serialNumber?: string;
  metadata: { component: Component; tools?: unknown; timestamp?: string };
  components: Component[];
  dependencies: { ref: string; dependsOn?: string[] }[];
}

/** A package of it. */
export interface Component {
  'bom-ref': string;
  name: string;
  version: string;
  purl: string;
  scope?: string;
  properties?: { name: string; value: string }[];
  hashes?: { alg: string; content: string }[];
}

const DEVELOPMENT = 'cdx:npm:package:development';
const NPM = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only', '--offline'];

/** Makes it from the lock file alone, of what is shipped. The same lock file gives the same bill. */
export function makeBill(): BillOfMaterials {
  const text = execFileSync('npm', NPM, { cwd: join(import.meta.dirname, '..'), encoding: 'utf8', maxBuffer: 2 ** 26 });
  const bill: BillOfMaterials = JSON.parse(text);
  const shipped = new Set(shippedPackages().map(({ name, version }) => `${name}@${version}`));
  const components = bill.components.filter(({ name, version }) => shipped.has(`${name}@${version}`)).map(asShipped);
  const refs = new Set([bill.metadata.component['bom-ref'], ...components.map((component) => component['bom-ref'])]);
  const dependencies = bill.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((name) => refs.has(name)) }));
  const component = { ...bill.metadata.component, name: 'latchkey' };
  const { timestamp: _moment, tools: _release, ...metadata } = bill.metadata;
  const made = { ...bill, metadata: { ...metadata, component }, components, dependencies };
  return { ...made, serialNumber: serialNumberOf({ ...made, serialNumber: undefined }) };
}

/** What is for development in the lock file and in the page all the same is no less needed. */
function asShipped(component: Component): Component {
  const isForDevelopment = component.properties?.some(({ name }) => name === DEVELOPMENT) === true;
  if (!isForDevelopment) return component;
  return { ...component, scope: 'required', properties: component.properties?.filter(({ name }) => name !== DEVELOPMENT) ?? [] };
}

/** A UUID of the content: of what did not change the number does not either. @see https://www.rfc-editor.org/rfc/rfc9562#section-5.8 */
function serialNumberOf(content: object): string {
  const digits = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  const variant = '89ab'[Number.parseInt(digits.charAt(16), 16) % 4];
  const parts = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ];
  return `urn:uuid:${parts.join('-')}`;
}
