// kompakt binarize: a file with one-bit operators, a report by layer, and what is bad usage.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Model } from '../../../lib/model/model.js';
import { folder } from '../../helpers/data-files.js';
import { kompakt } from '../../helpers/kompakt.js';
import { pictureFiles } from '../../helpers/pictures.js';

const data = pictureFiles(join(folder, 'binary-train'), 200, 1);
const judged = pictureFiles(join(folder, 'binary-judged'), 80, 2);
const path = (name: string): string => join(folder, name);
const shared = [
  ...['--data', data, '--eval', judged, '--preprocess', '{"scale":0.00392156862745098}'],
  ...['--classes', '4', '--input', '1,8,8', '--width', '0.25', '--batch', '16', '--threads', '1'],
];

test('a preset: one JSON document with a layer a line', async () => {
  const out = path('binary.onnx');
  const {
    code,
    out: text,
    err,
  } = await kompakt(
    ...['binarize', 'preset:small-vgg', '--epochs', '6', '--learning-rate', '0.005', '--seed', '1'],
    ...[...shared, '--json', '-o', out],
  );
  expect([code, err]).toEqual([0, '']);
  const { report } = JSON.parse(text);
  expect(report).toMatchObject({ method: 'bi-real', trained: false, activationStage: null });
  expect(report.accuracyAfter).toBeGreaterThan(0.8);
  expect(report.layers.map(({ runs }: { runs: string }) => runs)).toEqual([
    ...['int8', 'bits', 'bits', 'bits', 'bits', 'int8'],
  ]);
  expect((await Model.load(out)).graph.nodes.map(({ op }) => op)).toContain('BinaryConvBits');
  expect(existsSync(`${out}.checkpoint`)).toBe(false);
});

test('a teacher from a file, which may be binary itself', async () => {
  const { code, out } = await kompakt(
    ...['binarize', 'preset:small-vgg', '--epochs', '2', '--teacher', path('binary.onnx')],
    ...[...shared, '--json', '-o', path('taught.onnx')],
  );
  expect(code).toBe(0);
  expect(JSON.parse(out).report.trained).toBe(false);
  const { code: wrong, err } = await kompakt(
    ...['binarize', 'preset:small-vgg', '--teacher', path('binary.onnx'), '--soft-weight', '0'],
    ...[...shared, '-o', path('wrong.onnx')],
  );
  expect([wrong, err]).toEqual([1, expect.stringContaining('KPT_OPTION_INVALID')]);
});

test('a table for people, with options', async () => {
  const { code, out } = await kompakt(
    ...['binarize', 'preset:small-vgg', '--epochs', '2', '--method', 'xnor-net', '--act-bits', '1'],
    ...[
      '--keep',
      'conv8',
      '--last',
      'binary',
      '--rest',
      'float',
      '--activation-epochs',
      '1',
      '--soft-weight',
      '0',
    ],
    ...[...shared, '-o', path('table.onnx')],
  );
  expect(code).toBe(0);
  expect(out).toMatch(/conv8 +kept +float .* option keep names it/);
  expect(out).toMatch(/dense18 +W1A1 +bits/);
  expect(out).toMatch(/binary activations, real weights/);
  expect(existsSync(`${path('table.onnx')}.checkpoint.activations`)).toBe(false);
});

test('--options count more than the options that are only those of binarize', async () => {
  const { code, out } = await kompakt(
    ...['binarize', 'preset:small-vgg', '--epochs', '1', '--method', 'bnn', '--options'],
    ...['{"method":"xnor-net","layers":{"keep":["conv8"]}}', ...shared, '--json', '-o', path('own.onnx')],
  );
  expect(code).toBe(0);
  const { report } = JSON.parse(out);
  expect(report.method).toBe('xnor-net');
  expect(report.layers.find(({ name }: { name: string }) => name === 'conv8').form).toBeNull();
});

test.each([
  [['--act-bits', '4'], /one of 1, 8, 32/],
  [['--method', 'guess'], /one of bi-real/],
])('bad usage: %j', async (options, message) => {
  const { code, err } = await kompakt(
    'binarize',
    'preset:small-vgg',
    ...options,
    ...shared,
    '-o',
    path('x.onnx'),
  );
  expect(code).toBe(2);
  expect(err).toMatch(message);
});

test.each([[[]], [['--soft-weight', '0']]])('a temperature of nothing is refused: %j', async (more) => {
  const { code, err } = await kompakt(
    ...['binarize', 'preset:small-vgg', ...shared, '--temperature', '4', ...more, '-o', path('no.onnx')],
  );
  expect([code, err]).toEqual([2, expect.stringContaining('--temperature needs --teacher or --soft-weight')]);
});
