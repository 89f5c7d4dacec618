/** A line of a plot: what it is called, and its points, in the order of x. */
export interface Line {
  name: string;
  points: readonly { x: number; y: number }[];
}

/** One of the plots of a picture; x is drawn by its logarithm to the base of 2. */
export interface Plot {
  title: string;
  xTitle: string;
  lines: readonly Line[];
}

const WIDTH = 900;
const HEIGHT = 340;
const LEFT = 70;
const RIGHT = 230;
const TOP = 40;
const BOTTOM = 50;
const TICKS = 5;
const LINE_HEIGHT = 20;
/** Told apart by people who see colours otherwise as well (Okabe and Ito). */
const COLOURS = ['#000000', '#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00'];

/** Draws plots below one another, as SVG. */
export function draw(plots: readonly Plot[]): string {
  const parts = plots.map((plot, index) => `<g transform="translate(0 ${index * HEIGHT})">${drawOne(plot)}</g>`);
  const size = `width="${WIDTH}" height="${HEIGHT * plots.length}"`;
  const title = `<title>${plots.map(({ title }) => title).join('; ')}</title>`;
  const style = 'font-family="sans-serif" font-size="13"';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style}>${title}<rect ${size} fill="#fff"/>${parts.join('\n')}</svg>\n`;
}

function drawOne({ title, xTitle, lines }: Plot): string {
  const points = lines.flatMap(({ points }) => points);
  const [xs, highest] = [[...new Set(points.map(({ x }) => x))].sort((a, b) => a - b), roundUp(Math.max(...points.map(({ y }) => y)))];
  const [first, last] = [Math.log2(xs[0] ?? 1), Math.log2(xs.at(-1) ?? 2)];
  const toX = (x: number) => LEFT + ((Math.log2(x) - first) / (last - first)) * (WIDTH - LEFT - RIGHT);
  const toY = (y: number) => HEIGHT - BOTTOM - (y / highest) * (HEIGHT - TOP - BOTTOM);
  const ticks = Array.from({ length: TICKS + 1 }, (_, index) => (highest * index) / TICKS);
  return [
    text(LEFT, TOP - 16, title, 'font-weight="bold"'),
    ...ticks.map(
      (y) =>
        `<path d="M${LEFT} ${toY(y)}H${WIDTH - RIGHT}" stroke="#ddd"/>${text(LEFT - 8, toY(y) + 4, y.toLocaleString('en'), 'text-anchor="end"')}`,
    ),
    ...xs.map((x) => text(toX(x), HEIGHT - BOTTOM + 20, String(x), 'text-anchor="middle"')),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 40, xTitle, 'text-anchor="middle"'),
    ...lines.map((line, index) =>
      drawLine(line, { toX, toY, colour: COLOURS[index % COLOURS.length] as string, labelY: TOP + index * LINE_HEIGHT }),
    ),
  ].join('\n');
}

interface Place {
  toX(x: number): number;
  toY(y: number): number;
  colour: string;
  labelY: number;
}

function drawLine({ name, points }: Line, { toX, toY, colour, labelY }: Place): string {
  const path = points.map(({ x, y }, index) => `${index ? 'L' : 'M'}${toX(x).toFixed(1)} ${toY(y).toFixed(1)}`).join('');
  const dots = points.map(({ x, y }) => `<circle cx="${toX(x).toFixed(1)}" cy="${toY(y).toFixed(1)}" r="3" fill="${colour}"/>`).join('');
  const key = `<path d="M${WIDTH - RIGHT + 16} ${labelY}h18" stroke="${colour}" stroke-width="2"/>`;
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots}${key}${text(WIDTH - RIGHT + 40, labelY + 4, name)}`;
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
}

/** The next number that divides well. */
function roundUp(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 7.5, 10].map((step) => step * unit).find((step) => step >= value) as number;
}
