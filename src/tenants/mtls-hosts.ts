import { normalizeHost, type Scheme } from './host.js';

/**
 * The second host of each tenant, at which clients are asked for a certificate: browsers on the first are not. It begins with a prefix, and goes
 * on with the first.
 * @see https://www.rfc-editor.org/rfc/rfc8705#section-5
 */
export class MtlsHosts {
  /** @param prefix labels of a name, each with its dot; undefined where there are no such hosts */
  constructor(
    readonly prefix: string | undefined,
    private readonly scheme: Scheme,
  ) {}

  /** Whether clients are asked for a certificate at a host because of what it is called. */
  hasPrefix(host: string): boolean {
    return this.prefix !== undefined && host.startsWith(this.prefix);
  }

  /** The second host of a first; undefined where it has none: of an address, of a name that would be too long, or of one that has the prefix already. */
  of(host: string): string | undefined {
    if (this.prefix === undefined || this.hasPrefix(host)) return undefined;
    const name = this.prefix + host;
    return normalizeHost(name, this.scheme) === name ? name : undefined;
  }

  /** The first host of a second; undefined where it is none. */
  firstOf(host: string): string | undefined {
    if (this.prefix === undefined || !this.hasPrefix(host)) return undefined;
    const first = host.slice(this.prefix.length);
    return this.of(first) === host ? first : undefined;
  }
}
