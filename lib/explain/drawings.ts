// Drawings of the page, made here so that it needs no script: colours are those of the page.
import { colours, escaped } from '../report/html.js';
import type { Flip } from './answers.js';
import type { Spread } from './histograms.js';
import { percent } from './summary.js';

const [width, height, axis] = [480, 150, 34];

/** Bins of the original as an area, of the compressed model as a line, on a logarithmic scale; below them the steps of the
 *  grid, and beside them, shaded, what its range does not reach. */
export function spreadSvg({ what, min, max, original, compressed, grid }: Spread): string {
  const least = Math.min(...[...original, ...compressed].filter((share) => share > 0));
  const bottom = Math.log10(least) - 0.3;
  const x = (value: number): number => ((value - min) / (max - min)) * width;
  const y = (share: number): number => (share > 0 ? (Math.log10(share) / bottom) * height : height);
  const outline = (shares: readonly number[]): string =>
    shares
      .map((share, i) => {
        const [from, to] = [(i * width) / shares.length, ((i + 1) * width) / shares.length];
        return `L${at(from)} ${at(y(share))}L${at(to)} ${at(y(share))}`;
      })
      .join('');
  const label = (value: number, anchor: string, place: number): string =>
    `<text x="${at(place)}" y="${height + axis - 4}" text-anchor="${anchor}">${escaped(String(Number(value.toPrecision(3))))}</text>`;
  const zero = min < 0 && max > 0 && x(0) > 60 && x(0) < width - 60 ? label(0, 'middle', x(0)) : '';
  return `<svg viewBox="0 0 ${width} ${height + axis}" role="img" aria-label="${what}, before and after">
${grid === null ? '' : shades(grid.min, grid.max, x)}<path d="M0 ${height}${outline(original)}L${width} ${height}Z" fill="${colours[0]}" opacity=".35"/>
<path d="M0 ${height}${outline(compressed)}L${width} ${height}" fill="none" stroke="${colours[1]}" stroke-width="1.3"/>
${grid === null ? '' : ticks(grid, min, max, x)}<line x1="0" x2="${width}" y1="${height}" y2="${height}" stroke="var(--quiet)"/>
${label(min, 'start', 0)}${zero}${label(max, 'end', width)}
</svg>`;
}

const at = (value: number): string => String(Math.round(value * 10) / 10);

function shades(low: number, high: number, x: (value: number) => number): string {
  const shade = (from: number, to: number): string =>
    to - from > 0.5
      ? `<rect x="${at(from)}" y="0" width="${at(to - from)}" height="${height}" fill="var(--faint)"/>\n`
      : '';
  return shade(0, Math.min(width, x(low))) + shade(Math.max(0, x(high)), width);
}

/** One tick a step; where they would run together, one for several. */
function ticks(
  { step, min: low, max: high }: { step: number; min: number; max: number },
  min: number,
  max: number,
  x: (value: number) => number,
): string {
  const apart = 3;
  const every = Math.max(1, Math.ceil(apart / (x(min + step) - x(min))));
  let path = '';
  const [first, last] = [Math.ceil(Math.max(low, min) / step), Math.floor(Math.min(high, max) / step)];
  for (let i = Math.ceil(first / every) * every; i <= last; i += every)
    path += `M${at(x(i * step))} ${height}v8`;
  const text = every === 1 ? 'each step' : `every ${every}th step`;
  return `<path d="${path}" stroke="var(--quiet)" stroke-width=".8"><title>${text} of ${step.toPrecision(3)}</title></path>\n`;
}

/** Classes that the original chose down, that the compressed model chose across: only those that take part in a flip. */
export function flipTable(flips: readonly Flip[]): string {
  const sum = (of: (flip: Flip) => boolean): number =>
    flips.filter(of).reduce((all, { samples }) => all + samples, 0);
  const involved = [...new Set(flips.flatMap(({ from, to }) => [from, to]))]
    .sort(
      (a, b) => sum(({ from, to }) => from === b || to === b) - sum(({ from, to }) => from === a || to === a),
    )
    .slice(0, mostClasses)
    .sort((a, b) => a - b);
  const most = Math.max(1, ...flips.map(({ samples }) => samples));
  const cell = (from: number, to: number): string => {
    const flip = flips.find((one) => one.from === from && one.to === to);
    if (flip === undefined) return '<td></td>';
    const strength = Math.round((100 * flip.samples) / most);
    return `<td style="background: color-mix(in srgb, ${colours[1]} ${strength}%, transparent)" title="${flip.lost} lost, ${flip.won} won">${flip.samples}</td>`;
  };
  const rows = involved.map(
    (from) =>
      `<tr><th>${from}</th>${involved.map((to) => (from === to ? '<td class="same"></td>' : cell(from, to))).join('')}</tr>`,
  );
  return `<div class="scroll"><table class="flips"><thead><tr><th></th>${involved.map((to) => `<th>${to}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div>`;
}

const mostClasses = 16;

/** dB that fill the bar of a layer: 10 and less are all error, 60 and more none to speak of. */
const [loud, quiet] = [10, 60];

/** Rows of a name, a bar and a number: the longer the bar, the more noise. */
export function noiseBars(
  rows: readonly { readonly name: string; readonly own: number; readonly share: number | null }[],
): string {
  return `<div class="bars">
${rows
  .map(({ name, own, share }) => {
    const length = Math.min(1, Math.max(0, (quiet - own) / (quiet - loud)));
    return `<span class="name" title="${escaped(name)}">${escaped(name)}</span><span class="bar"><i style="width: ${at(100 * length)}%"></i></span><span class="figure">${own === Number.POSITIVE_INFINITY ? 'exact' : `${own.toFixed(1)} dB`}${share === null ? '' : `, ${percent(share, 0)}`}</span>`;
  })
  .join('\n')}
</div>`;
}
