// A session lets go of its model once its plans do without it, reads it again where one does not, and holds on to what cannot be
// read again.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-common';
import { parse } from '../../lib/graph/parse.js';
import { Model } from '../../lib/model/model.js';
import { Engine } from '../../lib/run/engine.js';
import { native } from '../../lib/run/native.js';
import { GraphRunner } from '../../lib/run/runner.js';
import { holdModel } from '../../lib/session/held-model.js';
import { ModelSource } from '../../lib/session/model-source.js';
import { InferenceSession } from '../../lib/session/session.js';
import { f32 } from '../../lib/tensor/tensor.js';
import { npmModels, signal } from '../helpers/models.js';
import { feedsOf, outcome } from '../helpers/session-outcome.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kompakt-held-'));
  path = join(folder, 'model.onnx');
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const cls = npmModels.find(({ name }) => name === 'PP-OCR direction')!.path;
const sizes = [192, 100, 64].map((width) => ({ x: [1, 3, 48, width] }));

const loads = (): jest.SpyInstance => jest.spyOn(Model, 'fromFile');
const plain = { intraOpNumThreads: 1, planCache: false } as const;

const wide = Array.from(signal(200 * 200, 5), (v) => v.toFixed(3)).join(', ');

test('memory that is let go is freed, and read again for other shapes, twice at most', async () => {
  const [first, second, third] = sizes as [never, never, never];
  const wanted = await Promise.all(sizes.map((shapes) => outcome(readFileSync(cls), shapes)));
  const freed = jest.spyOn(native(), 'detach');
  const loaded = loads();
  const session = await InferenceSession.create(cls, plain);
  const answer = (shapes: never): string => {
    const { data } = Object.values(session.runSync(feedsOf(shapes)))[0]! as { data: Float32Array };
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
  };
  expect(freed).not.toHaveBeenCalled();
  expect(answer(first)).toBe(wanted[0]);
  const bytes = freed.mock.calls.map(([buffer]) => buffer.byteLength);
  expect(bytes.length).toBeGreaterThan(0);
  expect(new Set(bytes)).toEqual(new Set([0]));
  expect(answer(first)).toBe(wanted[0]);
  expect(loaded).toHaveBeenCalledTimes(1);
  expect(answer(second)).toBe(wanted[1]);
  expect(loaded).toHaveBeenCalledTimes(2);
  expect(answer(third)).toBe(wanted[2]);
  expect(answer(first)).toBe(wanted[0]);
  expect(session.describe(third).nodes.length).toBeGreaterThan(10);
  expect(loaded).toHaveBeenCalledTimes(2);
  await session.release();
});

test('bound steps and runs beside others take the plan that is there, without another model or engine', async () => {
  for (const planCache of [false, join(folder, 'plans.kpc')] as const)
    for (const source of planCache === false ? [cls, readFileSync(cls)] : [cls]) {
      const shapes = sizes[0]!;
      const loaded = loads();
      const restarted = jest.spyOn(Engine.prototype, 'restart');
      const session = await InferenceSession.create(source as string, { ...plain, planCache });
      const [first] = Object.values(session.runSync(feedsOf(shapes)));
      const added = jest.spyOn(Engine.prototype, 'constant');
      const step = session.bind({ inputs: feedsOf(shapes) });
      step();
      expect(Object.values(step.outputs)[0]!.data).toEqual(first!.data);
      const both = await Promise.all([session.run(feedsOf(shapes)), session.run(feedsOf(shapes))]);
      for (const result of both) expect(Object.values(result)[0]!.data).toEqual(first!.data);
      expect(added).not.toHaveBeenCalled();
      expect(restarted).not.toHaveBeenCalled();
      expect(loaded.mock.calls.length).toBeLessThanOrEqual(1);
      await session.release();
      jest.restoreAllMocks();
    }
});

test('a plan that could not be made leaves no pointers to what is freed then', async () => {
  // Only the reshape at the end tells that rows of 150 are too short: constants of the product are known to the engine by then.
  const text = `graph main opsets {"": 18}
  input i: int64[1]
  input x: float32["n", 200]
  constant table: float32[2] = [1, 2]
  constant w: float32[200, 200] = [${wide}]
  constant shape: int64[2] = [4, 100]
  picked = Gather(table, i)
  product = MatMul(x, w)
  turned = Reshape(product, shape)
  y = Add(turned, picked)
  output y: float32
end`;
  writeFileSync(path, new Model(parse(text)).toBytes());
  const forgotten = jest.spyOn(Engine.prototype, 'forgetConstants');
  for (const planCache of [false, join(folder, 'plans.kpc')] as const) {
    const session = await InferenceSession.create(path, { ...plain, planCache });
    const feeds = (rows: number, index: bigint) => ({
      ...feedsOf({ x: [rows, 200] }),
      i: new Tensor('int64', [index], [1]),
    });
    expect(() => session.runSync(feeds(2, 7n))).toThrow(
      expect.objectContaining({ code: 'KPT_DATA_MALFORMED' }),
    );
    expect(() => session.runSync(feeds(3, 1n))).toThrow(
      expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }),
    );
    // To read there would crash now and then only.
    expect(forgotten).toHaveBeenCalledTimes(1);
    forgotten.mockClear();
    const y = session.runSync(feeds(2, 1n)).y!.data;
    const step = session.bind({ inputs: feeds(2, 1n) });
    step();
    expect(step.outputs.y!.data).toEqual(y);
    await session.release();
  }
});

test('a file that was written over is an error where it is needed, bytes that were given are not needed', async () => {
  const [first, second] = sizes as [never, never];
  writeFileSync(path, readFileSync(cls));
  const ofFile = await InferenceSession.create(path, plain);
  const bytes = readFileSync(cls);
  const ofBytes = await InferenceSession.create(bytes, plain);
  for (const session of [ofFile, ofBytes]) session.runSync(feedsOf(first));
  writeFileSync(path, 'something else');
  bytes.fill(0);
  ofFile.runSync(feedsOf(first));
  expect(() => ofFile.runSync(feedsOf(second))).toThrow(
    expect.objectContaining({ code: 'KPT_FILE_CHANGED', message: expect.stringContaining(path) }),
  );
  expect(Object.keys(ofBytes.runSync(feedsOf(second)))).toEqual(ofBytes.outputNames);
  await Promise.all([ofFile.release(), ofBytes.release()]);
});

const onLinux = process.platform === 'linux' ? test : test.skip;
onLinux('a pipe gives its model once, with a plan cache and without one', async () => {
  const shapes = sizes[0]!;
  const wanted = await outcome(readFileSync(cls), shapes);
  for (const planCache of [undefined, join(folder, 'plans.kpc'), join(folder, 'plans.kpc')]) {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const writer = spawn('sh', ['-c', 'cat "$0" > "$1"', cls, pipe]);
    const written = once(writer, 'exit');
    expect(await outcome(pipe, shapes, planCache)).toBe(wanted);
    await written;
    rmSync(pipe);
  }
  await expect(InferenceSession.create(folder, plain)).rejects.toThrow(
    expect.objectContaining({ code: 'KPT_FILE_NOT_FOUND' }),
  );
});

/** A graph with a weight of 160 kB, of which `rest` makes something. */
const withWeight = (rest: string): string => `graph main opsets {"": 18}
  input x: float32[1, 200]
  constant w: float32[200, 200] = [${wide}]
  product = MatMul(x, w)
${rest}
end`;

const hard = `  wide = Cast(product) {to: int 11}
  hard = Hardmax(wide)
  y = Cast(hard) {to: int 1}
  output y: float32`;
const branch = `  zero = ReduceSum(x) {keepdims: int 0}
  sure = Cast(zero) {to: int 9}
  y = If(sure) {then_branch: graph graph a opsets {"": 18}
    made = MatMul(product, w)
    output made: float32
  end, else_branch: graph graph b opsets {"": 18}
    made = Neg(product)
    output made: float32
  end}
  output y: float32`;
const places = `  places = NonZero(product)
  y = Cast(places) {to: int 1}
  output y: float32`;
const constant = `  output product: float32
  output w: float32`;

test.each([
  ['a node that runs by its reference', hard, 0],
  ['a graph inside a node', branch, 0],
  ['a shape that depends on data', places, 0],
  ['a constant among the outputs', constant, 0],
  ['none of these', '  output product: float32', 1],
])('a model with %s', async (_, rest, expected) => {
  writeFileSync(path, new Model(parse(withWeight(rest))).toBytes());
  const freed = jest.spyOn(native(), 'detach');
  const x = f32([1, 200], signal(200, 7));
  const sources = [await ModelSource.open(path), ModelSource.ofBytes(readFileSync(path))];
  const results = sources.map((source) => {
    const { graph, plans, close } = holdModel(source, undefined, { optimize: true });
    const engine = new Engine(1);
    const runner = new GraphRunner(graph, engine, plans);
    const all = [x, f32([1, 200], signal(200, 11)), x].map((feed) => [
      ...runner.runSync(new Map([['x', feed]])).values(),
    ]);
    runner.release();
    engine.release();
    close();
    return all;
  });
  expect(results[0]).toEqual(results[1]);
  expect(results[0]![0]).toEqual(results[0]![2]);
  // Of the model in a file only, and only where nothing of it is used any more.
  expect(Math.min(freed.mock.calls.length, 1)).toBe(expected);
});
