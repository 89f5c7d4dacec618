import { endOf, type KeyPair } from '../key-pair.js';
import type { Log } from '../log.js';
import { readKeyPair, type TlsFiles } from './key-pair-files.js';

/** Contents are compared: what is mounted is changed by a link that leads elsewhere, which not every system tells of. */
const LOOK_MS = 3_000;

/** Takes up a certificate and its key when their files change. What cannot be used leaves the ones before in force. */
export class KeyPairWatch {
  /** What was wrong when the files were looked at last. */
  #fault: { sentence: string; isTold: boolean } | undefined;
  readonly #timer: NodeJS.Timeout;

  /** @param pair the one in force @param take puts another in force */
  constructor(
    private readonly files: TlsFiles,
    private pair: KeyPair,
    private readonly take: (pair: KeyPair) => void,
    private readonly log: Log,
  ) {
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** Reads the files now, because somebody says that they have changed. */
  reload(): void {
    this.#fault = undefined;
    const isSame = this.#look({ isAsked: true });
    if (isSame) this.log.info({ validUntil: endOf(this.pair.certificate) }, 'the TLS certificate and its key are as they were');
  }

  /** Looks no more. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** @returns whether there is what is in force */
  #look({ isAsked = false } = {}): boolean {
    const found = readKeyPair(this.files);
    if ('faults' in found) {
      this.#note(found.faults.map(({ name, message }) => `${name} ${message}.`).join(' '), isAsked);
      return false;
    }
    this.#fault = undefined;
    if (found.certificate === this.pair.certificate && found.key === this.pair.key) return true;
    this.pair = found;
    this.take(found);
    this.log.info({ validUntil: endOf(found.certificate) }, 'another TLS certificate is in force');
    return false;
  }

  /** Told once, and only when it is still so at the next look: of two files one is written first. */
  #note(sentence: string, isAsked: boolean): void {
    const isStill = isAsked || this.#fault?.sentence === sentence;
    const wasTold = this.#fault?.sentence === sentence && this.#fault.isTold;
    this.#fault = { sentence, isTold: isStill };
    if (isStill && !wasTold)
      this.log.error({ reason: sentence }, 'the new TLS certificate and key cannot be used: those before stay in force');
  }
}
