// What pages of reports share: one file that needs no network, light or dark as the reader's system is.

export interface HtmlPage {
  readonly title: string;
  /** Besides what all pages have. */
  readonly style: string;
  readonly body: string;
}

export const htmlPage = ({ title, style, body }: HtmlPage): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>
${shared}
${style}
</style>
</head>
<body>
${body}
</body>
</html>
`;

/** Told apart on light and on dark ground. */
export const colours: readonly string[] = ['#2f6fde', '#d9622b', '#2e9e6b', '#9a4fd0', '#b58900'];

export interface PageTable {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns of words, counted from 0: they are set to the left. */
  readonly words?: readonly number[];
}

export function tableHtml({ titles, rows, words = [] }: PageTable): string {
  const cells = (tag: 'td' | 'th', texts: readonly string[]): string =>
    `<tr>${texts.map((text, i) => `<${tag}${words.includes(i) ? ' class="words"' : ''}>${escaped(text)}</${tag}>`).join('')}</tr>`;
  return `<table>
<thead>${cells('th', titles)}</thead>
<tbody>
${rows.map((row) => cells('td', row)).join('\n')}
</tbody>
</table>`;
}

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** JSON that cannot end the script that it stands in. */
export const inScript = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

const shared = `:root { color-scheme: light dark; --ink: #1c1e21; --faint: #d9dce1; --ground: #fff; --quiet: #5b6270; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --faint: #363a41; --ground: #17191c; --quiet: #a0a7b4; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); margin: 2rem auto;
  max-width: 1080px; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0 0 1rem; }
h2 { font-size: 1rem; margin: 0 0 .25rem; }
dl { display: flex; flex-wrap: wrap; gap: .75rem 2rem; margin: 0 0 2rem; }
dt { color: var(--quiet); font-size: .85rem; }
dd { margin: 0; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; margin-top: 2rem; font-variant-numeric: tabular-nums; }
body > table { display: block; overflow-x: auto; }
body > table th, body > table td { text-align: right; padding: .25rem .75rem; border-bottom: 1px solid var(--faint); }
body > table th { color: var(--quiet); font-weight: 500; }
body > table .words { text-align: left; min-width: 11rem; }`;
