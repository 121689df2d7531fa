// The commands that train: files out, progress to files, presets, and what is bad usage.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Model } from '../../lib/model/model.js';
import { folder } from '../helpers/data-files.js';
import { kompakt } from '../helpers/kompakt.js';
import { pictureFiles } from '../helpers/pictures.js';

const data = pictureFiles(join(folder, 'train'), 160, 1);
const judged = pictureFiles(join(folder, 'judged'), 80, 2);
const preprocess = ['--preprocess', '{"scale":0.00392156862745098}'];
const brief = ['--batch', '16', '--threads', '1'];
const small = ['--classes', '4', '--input', '1,8,8', ...brief];
const path = (name: string): string => join(folder, name);

test('finetune a preset: the model, one JSON document, log and curves', async () => {
  const out = path('net.onnx');
  const files = ['--log', path('net.jsonl'), '--curves', path('net.html')];
  const {
    code,
    out: text,
    err,
  } = await kompakt(
    ...[
      'finetune',
      'preset:lenet-300-100',
      '--width',
      '0.05',
      '--data',
      data,
      '--eval',
      judged,
      '--epochs',
      '6',
    ],
    ...[...preprocess, ...small, ...files, '--json', '-o', out],
  );
  expect([code, err]).toEqual([0, '']);
  const document = JSON.parse(text);
  expect(document).toMatchObject({ output: out, report: { samples: 160, steps: 60, kept: 6 } });
  expect(document.report.epochs.at(-1).evaluation).toBeGreaterThan(0.9);
  expect((await Model.load(out)).graph.outputs[0]!.dims).toEqual(['N', 4]);
  expect(readFileSync(path('net.jsonl'), 'utf8')).toContain('"event":"epoch"');
  expect(readFileSync(path('net.html'), 'utf8')).toContain('<h1>lenet-300-100</h1>');
  expect(existsSync(`${out}.checkpoint`)).toBe(false);
});

test('limits of weights and averages', async () => {
  const common = ['finetune', 'preset:lenet-300-100', '--width', '0.05', '--data', data, '--epochs', '1'];
  const limits = ['--weight-limit', '0.03', '--max-norm', '0.2', '--average', '0.5'];
  const { code } = await kompakt(...common, ...preprocess, ...small, ...limits, '-o', path('limited.onnx'));
  expect(code).toBe(0);
  const { constants } = (await Model.load(path('limited.onnx'))).graph;
  const weights = [...constants.values()].filter(({ dims }) => dims.length > 1);
  // Averages begin at the weights that the network starts with, which may be larger.
  expect(Math.max(...weights.flatMap(({ data }) => [...(data as Float32Array)].map(Math.abs)))).toBeLessThan(
    0.2,
  );
  const refused = await kompakt(...common, ...preprocess, ...small, '--average', '1', '-o', path('no.onnx'));
  expect(refused.err).toContain('averageWeights');
});

test('sharpness', async () => {
  const common = ['finetune', 'preset:lenet-300-100', '--width', '0.05', '--data', data, '--epochs', '1'];
  const weightsWith = async (...options: string[]) => {
    const { code } = await kompakt(...common, ...preprocess, ...small, ...options, '-o', path('sharp.onnx'));
    expect(code).toBe(0);
    return (await Model.load(path('sharp.onnx'))).graph.constants;
  };
  const [plain, here, near] = [
    await weightsWith(),
    await weightsWith('--sharpness', '1e-30'),
    await weightsWith('--sharpness', '0.1'),
  ];
  expect(here).toEqual(plain);
  expect(near).not.toEqual(plain);
  const refused = await kompakt(...common, ...small, '--sharpness', '0', '-o', path('no.onnx'));
  expect(refused.err).toContain('--sharpness');
});

test('careful: the rate is lowered, and the text says so', async () => {
  const common = ['finetune', 'preset:lenet-300-100', '--width', '0.05', '--data', data, '--epochs', '1'];
  const { code, out } = await kompakt(
    ...common,
    ...preprocess,
    ...small,
    '--learning-rate',
    '1000',
    '--careful',
    '-o',
    path('careful.onnx'),
  );
  expect(code).toBe(0);
  expect(out).toMatch(/The learning rate was lowered to/);
  expect(out).toMatch(/samples held out/);
});

test('finetune a file: a table of the epochs for people', async () => {
  const { code, out } = await kompakt(
    ...[
      'finetune',
      path('net.onnx'),
      '--data',
      data,
      '--epochs',
      '2',
      '--schedule',
      '{"name":"step","milestones":[0.5]}',
    ],
    ...[
      '--optimizer',
      'adam',
      '--learning-rate',
      '0.0001',
      '--train',
      'dense6',
      '--augment',
      '{"noise":0.01}',
    ],
    ...[...preprocess, ...brief, '-o', path('tuned.onnx')],
  );
  expect(code).toBe(0);
  expect(out).toMatch(/^epoch +loss +right in training %/);
  expect(out).toMatch(/tuned\.onnx: .* 20 steps on 160 samples/);
});

test('distill: a smaller preset from the file', async () => {
  const { code, out } = await kompakt(
    ...[
      'distill',
      'preset:lenet-300-100',
      '--width',
      '0.02',
      '--teacher',
      path('net.onnx'),
      '--data',
      data,
      '--eval',
      judged,
    ],
    ...[
      '--epochs',
      '6',
      '--hint',
      'logits=logits@0.1',
      ...preprocess,
      ...small,
      '--json',
      '-o',
      path('student.onnx'),
    ],
  );
  expect(code).toBe(0);
  expect(JSON.parse(out).report.epochs.at(-1).evaluation).toBeGreaterThan(0.7);
});

test('finetune and distill to few bits; the teacher is the model as it was', async () => {
  const bits = ['--weight-bits', '4', '--act-bits', '4', '--first-last-bits', '6'];
  const common = [
    '--data',
    data,
    '--eval',
    judged,
    '--epochs',
    '2',
    '--learning-rate',
    '0.01',
    ...preprocess,
    ...brief,
  ];
  const tuned = await kompakt(
    'finetune',
    path('net.onnx'),
    ...common,
    ...bits,
    '--method',
    'pact',
    '--json',
    '-o',
    path('bits.onnx'),
  );
  expect([tuned.code, tuned.err]).toEqual([0, '']);
  expect(JSON.parse(tuned.out).report.epochs.at(-1).evaluation).toBeGreaterThan(0.9);
  const weights = [...(await Model.load(path('bits.onnx'))).graph.constants.values()].filter(
    (v) => (v.dtype === 'int8' || v.dtype === 'int4') && v.dims.length === 2,
  );
  const largest = weights.map((v) => Math.max(...[...(v.data as Int8Array)].map(Math.abs)));
  expect(largest.map((v) => Math.ceil(Math.log2(v + 1)) + 1)).toEqual([6, 4, 6]);
  const taught = await kompakt('distill', path('net.onnx'), ...common, ...bits, '-o', path('taught.onnx'));
  expect([taught.code, taught.err]).toEqual([0, '']);
});

test('a checkpoint is refused when it is of another run, and used by --resume alone', async () => {
  const checkpoint = path('half.checkpoint');
  writeFileSync(checkpoint, 'no checkpoint');
  const line = [
    'finetune',
    'preset:lenet-300-100',
    '--width',
    '0.05',
    '--data',
    data,
    '--epochs',
    '1',
    ...preprocess,
    ...small,
  ];
  const files = ['--checkpoint', checkpoint, '-o', path('half.onnx')];
  const refused = await kompakt(...line, ...files, '--resume');
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('KPT_DATA_MALFORMED');
  expect((await kompakt(...line, ...files)).code).toBe(0);
  expect(existsSync(checkpoint)).toBe(false);
});

test.each([
  ['finetune', '--residual-rank', '{"residualRank":0.5}', 'residualRank'],
  ['finetune', '--weight-bits', '{"quantize":{"weightBits":1}}', 'weightBits'],
  ['distill', '--temperature', '{"temperature":-1}', 'temperature'],
])('%s: --options count more than %s', async (command, flag, options, refused) => {
  const teacher = command === 'distill' ? ['--teacher', 'self'] : [];
  const { code, err } = await kompakt(
    ...[command, 'preset:lenet-300-100', ...teacher, flag, '4', '--options', options, '--data', data],
    ...[...preprocess, ...small, '--epochs', '1', '-o', path('never.onnx')],
  );
  expect([code, err]).toEqual([1, expect.stringContaining(refused)]);
});

const line = (...argv: string[]) => [...argv, ...small];
test.each([
  ['no output', line('finetune', 'preset:lenet-5', '--data', 'idx:x')],
  ['no data', line('finetune', 'preset:lenet-5', '-o', 'x.onnx')],
  ['no teacher', line('distill', 'preset:lenet-5', '--data', 'idx:x', '-o', 'x.onnx')],
  ['input', ['finetune', 'preset:lenet-5', '--input', '1,8']],
  ['soft weight', ['distill', 'preset:lenet-5', '--soft-weight', '2']],
  ['hint', ['distill', 'preset:lenet-5', '--hint', 'alone']],
  ['optimiser', ['finetune', 'preset:lenet-5', '--optimizer', '{"name"']],
])('bad usage: %s', async (_, argv) => {
  const { code, err } = await kompakt(...argv);
  expect(err).toMatch(/^error\[KPT_USAGE\]/);
  expect(code).toBe(2);
});

test('an unknown preset names those there are', async () => {
  const { code, err } = await kompakt('finetune', 'preset:lenet-6', '--data', data, '-o', path('x.onnx'));
  expect(code).toBe(2);
  expect(err).toContain('lenet-300-100');
});
