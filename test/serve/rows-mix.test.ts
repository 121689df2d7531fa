// Which models may be computed in batches: those whose rows do not mix, whatever their first dimension says.
import { Tensor } from 'onnxruntime-common';
import { quantize } from '../../lib/compress/quantize-model.js';
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { Model } from '../../lib/model/model.js';
import { whyRowsMix } from '../../lib/serve/rows-mix.js';
import { schedule } from '../../lib/serve/scheduler.js';
import { InferenceSession } from '../../lib/session/session.js';
import { f32, tensor } from '../../lib/tensor/tensor.js';
import { npmModels, signal } from '../helpers/models.js';
import { digit, digitInput, lenet, post, startServer, testFolder } from '../helpers/serving.js';

/** A model from x [n,4] to y [n,4]. */
function rows(build: (g: GraphBuilder, x: string) => string): Model {
  const g = new GraphBuilder('rows');
  g.output(build(g, g.input('x', 'float32', ['n', 4])), 'float32', ['n', 4]);
  return new Model(g.build());
}

const ints = (g: GraphBuilder, name: string, ...values: number[]): string =>
  g.constant(name, tensor('int64', [values.length], BigInt64Array.from(values, BigInt)));
const square = (g: GraphBuilder): string => g.constant('w', f32([4, 4], signal(16)));
const one = (made: readonly (string | undefined)[]): string => made[0]!;

function dynamicallyQuantized(g: GraphBuilder, x: string): string {
  const bytes = tensor(
    'int8',
    [4, 4],
    Int8Array.from({ length: 16 }, (_, i) => 7 * i - 50),
  );
  const [xq, sx, zx] = g.node('DynamicQuantizeLinear', [x], {}, { outputs: 3 }) as [string, string, string];
  const sums = one(g.node('MatMulInteger', [xq, g.constant('w', bytes), zx]));
  const real = one(g.node('Cast', [sums], { to: attr.int(1) }));
  return one(g.node('Mul', [real, one(g.node('Mul', [sx, g.constant('sw', f32([], [0.01]))]))]));
}

const mixing: Readonly<Record<string, (g: GraphBuilder, x: string) => string>> = {
  'a Softmax along the first axis': (g, x) => one(g.node('Softmax', [x], { axis: attr.int(0) })),
  'a running sum along the first axis': (g, x) => one(g.node('CumSum', [x, ints(g, 'axis', 0)])),
  'a mean of all rows': (g, x) =>
    one(g.node('Sub', [x, one(g.node('ReduceMean', [x, ints(g, 'axes', 0)], { keepdims: attr.int(1) }))])),
  'a scale of all rows': dynamicallyQuantized,
  'a scale of all rows, which saturated values hide': (g, x) =>
    dynamicallyQuantized(g, one(g.node('Sign', [x]))),
  'rows turned into columns': (g, x) =>
    one(
      g.node('Transpose', [one(g.node('Reshape', [x, ints(g, 'dims', 4, -1)]))], { perm: attr.ints([1, 0]) }),
    ),
  'rows in another order': (g, x) =>
    one(g.node('Slice', [x, ints(g, 's', -1), ints(g, 'e', -(2 ** 31)), ints(g, 'a', 0), ints(g, 'd', -1)])),
};

const apart: Readonly<Record<string, (g: GraphBuilder, x: string) => string>> = {
  'a product': (g, x) => one(g.node('MatMul', [x, square(g)])),
  'a Softmax of each row': (g, x) => one(g.node('Softmax', [x], { axis: attr.int(1) })),
  'a shape that is computed': (g, x) => {
    const shape = one(g.node('Shape', [x]));
    const flat = one(g.node('Reshape', [x, ints(g, 'flat', -1)]));
    return one(g.node('Reshape', [one(g.node('Relu', [flat])), shape]));
  },
};

const whyOf = async (model: Model, shapes: Record<string, number[]>): Promise<string | null> => {
  const session = InferenceSession.fromModel(model, { intraOpNumThreads: 1 });
  const why = await whyRowsMix(session, shapes);
  await session.release();
  return why;
};

test.each(Object.entries(mixing))('%s: not joined, and told', async (_, build) => {
  const session = InferenceSession.fromModel(rows(build), { intraOpNumThreads: 1 });
  const warn = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  const scheduler = schedule(session, { maxBatch: 4, maxWaitMs: 1 });
  const feeds = Array.from({ length: 9 }, (_, i) => ({
    x: new Tensor(
      'float32',
      signal(4, i).map((v) => v * 10 ** (i % 3)),
      [1, 4],
    ),
  }));
  const answers = await Promise.all(feeds.map((feed) => scheduler.run(feed)));
  expect(warn.mock.calls).toEqual([[expect.stringContaining('computed one by one')]]);
  warn.mockRestore();
  for (const [i, answer] of answers.entries())
    expect(Object.values(answer)[0]!.data).toEqual(Object.values(session.runSync(feeds[i]!))[0]!.data);
  await scheduler.close();
  await session.release();
});

test.each(Object.entries(apart))('%s: joined', async (_, build) => {
  expect(await whyOf(rows(build), { x: [1, 4] })).toBeNull();
});

test('real models, float and INT8, are joined', async () => {
  const digits = Array.from({ length: 20 }, (_, i) => ({ [digitInput]: digit(i) }));
  const { model } = await quantize(lenet(1), { data: digits });
  expect(await whyOf(model, { [digitInput]: [1, 1, 28, 28] })).toBeNull();
  const { path } = npmModels.find(({ name }) => name === 'PP-OCRv4 recognition')!;
  expect(await whyOf(await Model.load(path), { x: [1, 3, 48, 64] })).toBeNull();
});

test('a session that tells nothing is not joined', async () => {
  const { inputMetadata, outputMetadata } = InferenceSession.fromModel(lenet(1));
  const silent = { inputMetadata, outputMetadata, run: async () => ({}) };
  expect(await whyRowsMix(silent, { [digitInput]: [1, 1, 28, 28] })).toContain('does not tell');
});

test('a server says at its start which models it serves one by one', async () => {
  const files = testFolder();
  await rows(mixing['a scale of all rows']!).save(files.path('dynamic.onnx'));
  await lenet(1).save(files.path('digits.onnx'));
  const warn = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  const models = [files.path('dynamic.onnx'), files.path('digits.onnx')];
  const server = await startServer({ models, maxBatch: 4, maxWaitMs: 50 });
  expect(warn.mock.calls).toEqual([
    [expect.stringMatching(/model 'dynamic' are computed one by one: .*Dynamic/)],
  ]);
  warn.mockRestore();
  const ask = (scale: number) =>
    post(
      `${server.url}/v1/models/dynamic/infer`,
      JSON.stringify({
        inputs: [{ name: 'x', shape: [1, 4], datatype: 'FP32', data: [1, 2, 3, 4].map((v) => v * scale) }],
      }),
    );
  const alone = await ask(1);
  const [beside] = await Promise.all([ask(1), ask(1000)]);
  expect(beside!.body.outputs).toEqual(alone.body.outputs);
  await server.close();
  files.remove();
});
