// kompakt compress: a search, its files, a replay, and what is bad usage.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { folder } from '../../helpers/data-files.js';
import { kompakt } from '../../helpers/kompakt.js';
import { digitFiles, trainedDigits } from '../../helpers/trained-digits.js';

const path = (name: string): string => join(folder, name);
const samples = [
  '--data',
  digitFiles('train'),
  '--samples',
  '300',
  '--preprocess',
  '{"scale":0.00392156862745098}',
];
const quick = ['--methods', 'int8', '--latency-seconds', '0.02', '--threads', '1'];

beforeAll(async () => (await trainedDigits('lenet-300-100', 0.1, 1)).save(path('net.onnx')));

test('SIGINT ends a search, and its temporary folder goes', async () => {
  const temporary = path('temporary');
  mkdirSync(temporary);
  const search = [path('net.onnx'), ...samples, '--max-drop', '0', '--latency-seconds', '600'];
  const command = spawn(
    process.execPath,
    [
      '--import',
      './scripts/typescript.mjs',
      'lib/cli/main.ts',
      'compress',
      ...search,
      '-o',
      path('never.onnx'),
    ],
    { cwd: join(__dirname, '../../..'), stdio: 'ignore', env: { ...process.env, TMPDIR: temporary } },
  );
  while (readdirSync(temporary).length === 0) await setTimeout(50);
  command.kill('SIGINT');
  expect(await once(command, 'close')).toEqual([null, 'SIGINT']);
  expect(readdirSync(temporary)).toEqual([]);
});

test('a search leaves the model, its recipe and a page; the recipe makes the same file again', async () => {
  const files = ['--report', path('page.html'), '-o', path('small.onnx')];
  // Another name of a file tells whether that was written into, where it could be left half written, or replaced.
  const texts = ['page.html', 'small.recipe.json'];
  for (const name of texts) {
    writeFileSync(path(name), 'old');
    linkSync(path(name), path(`old-${name}`));
  }
  const { code, out, err } = await kompakt(
    ...['compress', path('net.onnx'), ...samples, ...quick, '--ratio', '2', '--first', ...files],
  );
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(
    /^budget: a file at least 2\.00 times smaller\njudged by \d+ samples held out; \d+ to calibrate/,
  );
  expect(out).toContain('>*1  INT8, mse ranges');
  expect(out).toContain('small.onnx: trial 1, the first that keeps the budget');
  expect(readFileSync(path('page.html'), 'utf8')).toContain('<h1>net, compressed</h1>');
  for (const name of texts) expect(readFileSync(path(`old-${name}`), 'utf8')).toBe('old');
  const replay = await kompakt(
    ...['compress', path('net.onnx'), ...samples, '--recipe', path('small.recipe.json')],
    ...['-o', path('again.onnx'), '--json'],
  );
  expect(JSON.parse(replay.out)).toMatchObject({ same: true });
  expect(readFileSync(path('again.onnx')).equals(readFileSync(path('small.onnx')))).toBe(true);
  const other = await kompakt(
    ...['compress', path('net.onnx'), ...samples, '--samples', '200', '--recipe', path('small.recipe.json')],
    ...['-o', path('other.onnx')],
  );
  expect(other.out).toContain('other bytes than those of the search');
});

test('nothing is written beside a device', async () => {
  symlinkSync('/dev/null', path('null.onnx'));
  const before = readdirSync(folder);
  const { code, out, err } = await kompakt(
    ...[
      'compress',
      path('net.onnx'),
      ...samples,
      ...quick,
      '--ratio',
      '2',
      '--first',
      '-o',
      path('null.onnx'),
    ],
  );
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('null.onnx is no file, so no recipe is written beside it; --json prints it');
  expect(readdirSync(folder)).toEqual(before);
});

test('no model within the budget: an error, the page of what was tried, and no file', async () => {
  const { code, err } = await kompakt(
    ...['compress', path('net.onnx'), ...samples, ...quick, '--ratio', '100'],
    ...['--report', path('unmet.html'), '-o', path('unmet.onnx')],
  );
  expect(code).toBe(1);
  expect(err).toMatch(/^error\[KPT_BUDGET_UNMET\]: None of 2 candidates keeps the budget .*--nearest/s);
  expect(existsSync(path('unmet.onnx'))).toBe(false);
  expect(readFileSync(path('unmet.html'), 'utf8')).toContain('no trial keeps the budget');
});

test.each([
  ['no budget', [], 'A budget is required'],
  ['an unknown method', ['--ratio', '2', '--methods', 'int8,magic'], '--methods'],
  ['a negative drop', ['--max-drop', '-1'], '--max-drop'],
])('%s is bad usage', async (_, options, message) => {
  const { code, err } = await kompakt(
    'compress',
    path('net.onnx'),
    ...samples,
    ...options,
    '-o',
    path('x.onnx'),
  );
  expect(code).toBe(2);
  expect(err).toContain(message);
});
