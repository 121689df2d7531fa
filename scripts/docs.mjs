// npm run docs: writes docs/errors.md, docs/ops.md and docs/cli.md from the tables that the code works by, and the
// interface reference to docs/api. With --check nothing is written and a page that differs is an error. Reads lib/.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { fileOperators, typesOf } from './op-types.mjs';
import './typescript.mjs';

const { commands } = await import('../lib/cli/commands/index.ts');
const { dataSources } = await import('../lib/data/source.ts');
const { errorTable } = await import('../lib/errors.ts');
const { newestOpset } = await import('../lib/graph/graph.ts');

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const note = (source) => `<!-- Made by \`npm run docs\` from ${source}; do not edit. -->`;
const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');

function markdownTable(titles, rows) {
  return [titles, titles.map(() => '---'), ...rows]
    .map((row) => `| ${row.map(cell).join(' | ')} |`)
    .join('\n');
}

const range = ([least, most]) =>
  least === most ? `${least}` : `${least} to ${most === Infinity ? 'any' : most}`;

const quantized = {
  weighted: 'integer, scales per output channel',
  arithmetic: 'integer',
  'same-scale': 'bytes as they are',
  table: 'table of 256 bytes',
};

function quantisation({ kind, why, onBytes }) {
  if (kind === 'float') return `float: ${why}`;
  return onBytes === undefined ? quantized[kind] : `${quantized[kind]}; ${onBytes.note}`;
}

/** First and newest opset of a domain's operator. */
const opsets = ({ domain, since }) => (domain === '' ? `${since} to ${newestOpset}` : `${since}`);

function differentiated(gradient) {
  if (typeof gradient === 'function') return 'yes';
  return 'body' in gradient ? 'yes, as its parts' : `no: ${gradient.notDifferentiable}`;
}

const operators = () =>
  fileOperators().map((def) => [
    def.op,
    def.domain || 'ai.onnx',
    opsets(def),
    range(def.inputs),
    range(def.outputs),
    typesOf(def),
    def.lower === 'host' && !def.inline ? 'reference' : 'native',
    quantisation(def.quantize),
    differentiated(def.gradient),
  ]);

const pages = {
  'docs/errors.md': () => `${note('lib/errors.ts')}
# Errors

Every error that kompakt throws on purpose is a \`KompaktError\` with a \`code\`. Match on the code, not on the message.
The command line prints \`error[CODE]: message\` and the remedy on the next line, and exits with 1 (2 for KPT_USAGE).

${markdownTable(
  ['Code', 'Meaning', 'What to do'],
  Object.entries(errorTable).map(([code, { meaning, remedy }]) => [`\`${code}\``, meaning, remedy]),
)}
`,
  'docs/ops.md': () => `${note('lib/ops')}
# Operators

${fileOperators().length} operators. "Opsets" are those of the forms that are listed; older forms in files are raised when a
model is read, and files of newer opsets are read on trust. "Types" are those of the main input. "Runs": \`native\` operators
have steps in the engine (some cases and types of them still run by their reference; \`kompakt inspect MODEL --plan\` tells
for a model), \`reference\` operators run in TypeScript.

${markdownTable(
  ['Operator', 'Domain', 'Opsets', 'Inputs', 'Outputs', 'Types', 'Runs', 'Quantised', 'Gradient'],
  operators(),
)}
`,
  'docs/cli.md': () => `${note('lib/cli/commands and lib/data/source.ts')}
# Command line

\`kompakt COMMAND ...\`. Every command takes \`--json\`: one JSON document on stdout and nothing else there. Progress goes
to stderr when that is a terminal. Exit code 0: success, 1: failure, 2: bad usage. Options that
would say nothing beside the others given are bad usage, too.

## Samples

What \`--data\`, \`--eval\` and \`--validate\` take, and \`openSamples\` as \`data\`:

${markdownTable(
  ['Source', 'Samples', 'Labels come from'],
  dataSources.map(({ name, path, samples, labels }) => [`\`${name}:${path}\``, samples, labels]),
)}

${commands.map(commandSection).join('\n\n')}
`,
};

function commandSection(command) {
  const args = command.arguments
    .map(({ name, optional }) => (optional ? ` [${name}]` : ` <${name}>`))
    .join('');
  const options = command.options.map((option) => [
    `\`${option.flags}\``,
    option.description,
    option.default === undefined ? '' : `\`${option.default}\``,
  ]);
  const parts = [
    `## kompakt ${command.name}${args}`,
    `${command.summary[0].toUpperCase()}${command.summary.slice(1)}.`,
  ];
  if (command.arguments.length > 0)
    parts.push(command.arguments.map(({ name, description }) => `- \`${name}\`: ${description}`).join('\n'));
  if (options.length > 0) parts.push(markdownTable(['Option', 'Meaning', 'Default'], options));
  parts.push(command.examples.map(([line, what]) => `    ${line}\n        # ${what}`).join('\n'));
  return parts.join('\n\n');
}

const check = process.argv.includes('--check');
let stale = 0;
for (const [path, render] of Object.entries(pages)) {
  const text = render();
  if (!check) writeFileSync(at(path), text);
  else if (readOr(at(path)) !== text) {
    console.error(`${path} is not what the code says: run npm run docs.`);
    stale++;
  }
}
if (check) process.exitCode = stale === 0 ? 0 : 1;
else {
  const typedoc = createRequire(import.meta.url)
    .resolve('typedoc')
    .replace(/dist.*/, 'bin/typedoc');
  const args = [
    typedoc,
    '--out',
    at('docs/api'),
    '--tsconfig',
    at('tsconfig.build.json'),
    at('lib/index.ts'),
  ];
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
}

function readOr(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
