// The page at /: what the models do now, asked for every second. It loads nothing from elsewhere, and all that it shows of models is
// set as text.

const style = `:root { color-scheme: light dark; --ink: #1c1e21; --faint: #d9dce1; --ground: #fff; --quiet: #5b6270; --line: #2f6fde;
  --second: #d9622b; --bad: #c22f2f; --good: #2e8b57; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --faint: #363a41; --ground: #17191c; --quiet: #a0a7b4; --line: #6c9cf0; --second: #e88a5c;
    --bad: #ef6b6b; --good: #5fbf8b; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); margin: 2rem auto; max-width: 1080px;
  padding: 0 1rem; font-variant-numeric: tabular-nums; }
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 0; }
header, section > div:first-child { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; flex-wrap: wrap; }
section { border-top: 1px solid var(--faint); padding: 1.25rem 0; margin-top: 1.25rem; }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: .75rem 0; }
dt { color: var(--quiet); font-size: .85rem; }
dd { margin: 0; font-size: 1.1rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); gap: 1.5rem; }
figure { margin: 0; }
figcaption { color: var(--quiet); font-size: .85rem; display: flex; justify-content: space-between; }
svg { width: 100%; height: 90px; display: block; border-bottom: 1px solid var(--faint); overflow: visible; }
polyline { fill: none; stroke: var(--line); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
polyline.second { stroke: var(--second); }
table { border-collapse: collapse; width: 100%; margin-top: 1rem; font-size: .9rem; }
th { text-align: left; color: var(--quiet); font-weight: 500; }
th, td { padding: .2rem .75rem .2rem 0; border-bottom: 1px solid var(--faint); }
.number { text-align: right; }
.bad { color: var(--bad); }
.good { color: var(--good); }
.quiet { color: var(--quiet); }`;

/** Runs in the page. */
const script = `const history = new Map();
const points = 120;
const make = (tag, text, name) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (name) element.className = name;
  return element;
};
const ms = (v) => v == null ? '-' : v >= 100 ? v.toFixed(0) + ' ms' : v >= 1 ? v.toFixed(2) + ' ms' : (1000 * v).toFixed(0) + ' \\u00b5s';
const mib = (v) => (v / 2 ** 20).toFixed(0) + ' MiB';
const get = async (path) => {
  const response = await fetch(path);
  return response.ok ? response.json() : null;
};
const facts = (pairs) => {
  const list = make('dl');
  for (const [name, value, look] of pairs) {
    const item = make('div');
    item.append(make('dt', name), make('dd', value, look));
    list.append(item);
  }
  return list;
};
function chart(title, series, unit) {
  const figure = make('figure');
  const caption = make('figcaption');
  const all = series.flatMap((values) => values.filter((v) => v != null));
  const most = Math.max(...all, 1e-9);
  caption.append(make('span', title), make('span', all.length ? 'up to ' + unit(most) : 'nothing yet'));
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 ' + (points - 1) + ' 100');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', title);
  series.forEach((values, i) => {
    const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
    line.setAttribute('points', values.map((v, x) => v == null ? '' : (points - values.length + x) + ',' + (100 - 95 * v / most)).join(' '));
    if (i) line.setAttribute('class', 'second');
    svg.append(line);
  });
  figure.append(svg, caption);
  return figure;
}
function driftTable(drift) {
  const table = make('table');
  const head = make('tr');
  for (const [title, look] of [['value'], ['feature'], ['measure'], ['amount', 'number'], ['threshold', 'number'], ['since']])
    head.append(make('th', title, look));
  table.append(head);
  for (const { kind, name, feature, measure, amount, threshold, since } of drift.measures.slice(0, 12)) {
    const row = make('tr', undefined, since ? 'bad' : '');
    for (const [text, look] of [[kind + ' ' + name], [feature], [measure], [amount.toPrecision(3), 'number'],
      [threshold.toPrecision(3), 'number'], [since ? new Date(since).toLocaleString() : '']])
      row.append(make('td', text, look));
    table.append(row);
  }
  return table;
}
function push(name, statistics) {
  const { latency, completed } = statistics;
  const seen = history.get(name) ?? { p50: [], p95: [], rate: [], last: null };
  history.set(name, seen);
  const now = performance.now();
  const rate = seen.last && completed >= seen.last.completed ? 1000 * (completed - seen.last.completed) / (now - seen.last.now) : null;
  seen.last = { completed, now };
  for (const [key, value] of [['p50', latency.window.p50], ['p95', latency.window.p95], ['rate', rate]]) {
    seen[key].push(value);
    if (seen[key].length > points) seen[key].shift();
  }
  return seen;
}
async function modelSection(page) {
  const path = '/v1/models/' + encodeURIComponent(page.name);
  const [statistics, drift] = await Promise.all([get(path + '/statistics'), page.baseline ? get(path + '/drift') : null]);
  const seen = push(page.name, statistics);
  const { latency, requests, errors, governor } = statistics;
  const section = make('section');
  const head = make('div');
  const state = drift === null ? ['no drift baseline', 'quiet'] : drift.drifting ? ['drifting', 'bad'] : ['no drift', 'good'];
  head.append(make('h2', page.name), make('span', ...state));
  const failed = Object.entries(errors).map(([code, count]) => code + ' ' + count).join(', ');
  section.append(head, facts([
    ['p50', ms(latency.window.p50)], ['p95', ms(latency.window.p95)], ['p99', ms(latency.window.p99)],
    ['answered', String(statistics.completed)], ['waiting', String(requests.waiting)],
    ['failed', failed || '0', failed ? 'bad' : ''],
    ...(governor.variants.length > 1 ? [['variant', governor.current]] : []),
  ]));
  const charts = make('div', undefined, 'charts');
  charts.append(chart('latency: p50, p95 of the window', [seen.p50, seen.p95], ms),
    chart('answers per second', [seen.rate], (v) => v.toFixed(v < 10 ? 1 : 0)));
  section.append(charts);
  if (drift !== null && drift.measures.length > 0) section.append(driftTable(drift));
  return [section, statistics.process];
}
async function update() {
  try {
    const { models } = await get('/v1/models');
    const sections = await Promise.all(models.map(modelSection));
    const around = sections[0][1];
    const { celsius, megahertz, throttling } = around.device;
    const now = (throttling ?? []).filter((word) => word.endsWith(' now'));
    document.querySelector('#device').replaceChildren(facts([
      ['tier', models[0].device.tier], ['memory', mib(around.rssBytes)],
      ['event loop late (p99)', ms(around.eventLoopLag?.p99)],
      ...(celsius === null ? [] : [['temperature', celsius.toFixed(0) + ' \\u00b0C', celsius >= 80 ? 'bad' : '']]),
      ...(megahertz === null ? [] : [['clock', megahertz.toFixed(0) + ' MHz']]),
      ...(now.length ? [['throttling', now.join(', '), 'bad']] : []),
    ]));
    document.querySelector('main').replaceChildren(...sections.map(([section]) => section));
    document.querySelector('#state').textContent = 'updated ' + new Date().toLocaleTimeString();
  } catch {
    document.querySelector('#state').textContent = 'the server does not answer';
  }
  setTimeout(update, 1000);
}
update();`;

export const dashboard = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>kompakt</title>
<style>
${style}
</style>
</head>
<body>
<header><h1>kompakt</h1><span id="state" class="quiet">loading</span></header>
<div id="device"></div>
<main></main>
<script>
${script}
</script>
</body>
</html>
`;
