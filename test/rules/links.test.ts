import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const documents = globSync(['*.md', 'docs/*.md', 'bench/*.md', 'deploy/**/*.md'], { cwd: root });
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The names that a document's headings have in links, as GitHub and GitLab make them. */
function anchorsOf(path: string): string[] {
  const headings = [...withoutCode(read(path)).matchAll(/^#+ (.*)$/gm)].map(([, text = '']) => text);
  return headings.map((text) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );
}

function withoutCode(text: string): string {
  return text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
}

it('every link of a document leads to a file that is there, and to a heading in it', () => {
  const broken: string[] = [];
  let links = 0;
  for (const document of documents) {
    for (const [, target = ''] of withoutCode(read(document)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      links += 1;
      const [file = '', anchor] = target.split('#');
      const path = file === '' ? document : join(dirname(document), file);
      if (!existsSync(join(root, path)) || (anchor !== undefined && !anchorsOf(path).includes(anchor)))
        broken.push(`${document}: ${target}`);
    }
  }
  expect(links).toBeGreaterThan(30);
  expect(broken).toEqual([]);
});

it('the README is the first ten minutes, and leads to every document', () => {
  const readme = read('README.md');
  expect(readme.split('\n').length).toBeLessThanOrEqual(160);
  for (const path of globSync('docs/*.md', { cwd: root })) expect(readme).toContain(`](${path})`);
});
