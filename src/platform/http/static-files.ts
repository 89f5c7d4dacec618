import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Context } from 'koa';

/** How the build ends the name of a file that it has compressed, by the coding; the smallest first. */
const CODINGS = { br: '.br', gzip: '.gz' };

/**
 * The files of a folder, as they were when they were first asked for. They stay in memory: whoever takes no answer holds up no file, and a
 * disk that is gone or a process that may open no more changes nothing.
 */
export class StaticFiles {
  readonly #contents = new Map<string, Promise<Buffer | undefined>>();
  #names: Set<string> | undefined;

  constructor(private readonly folder: string) {}

  /** Answers with a file, compressed when the browser takes that. @returns whether there is one of this name */
  async answer(ctx: Context, name: string): Promise<boolean> {
    this.#names ??= new Set(readdirSync(this.folder));
    if (!this.#names.has(name)) return false;
    const coding = ctx.acceptsEncodings([...this.#codingsOf(name), 'identity']);
    const ending = CODINGS[coding as keyof typeof CODINGS];
    const content = await this.#read(name + (ending ?? ''));
    if (!content) return false;
    ctx.body = content;
    ctx.type = extname(name);
    if (ending) ctx.set('Content-Encoding', coding as string);
    ctx.vary('Accept-Encoding');
    return true;
  }

  #codingsOf(name: string): string[] {
    return Object.entries(CODINGS).flatMap(([coding, ending]) => (this.#names?.has(name + ending) ? [coding] : []));
  }

  /** @returns undefined when it was taken away before anybody asked for it */
  #read(name: string): Promise<Buffer | undefined> {
    const known = this.#contents.get(name);
    if (known) return known;
    const content = readFile(join(this.folder, name)).catch((error: NodeJS.ErrnoException) => {
      // It is read anew the next time.
      this.#contents.delete(name);
      if (error.code !== 'ENOENT') throw error;
      return undefined;
    });
    this.#contents.set(name, content);
    return content;
  }
}
