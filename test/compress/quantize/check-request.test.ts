import type { Feeds } from '../../../lib/calibrate/collect.js';
import type { QuantizeOptions } from '../../../lib/compress/quantize/options.js';
import { quantize } from '../../../lib/compress/quantize/quantize.js';
import { attr } from '../../../lib/graph/attribute.js';
import type { Graph } from '../../../lib/graph/graph.js';
import { runReference } from '../../../lib/run/reference.js';
import { f32, fromNumbers, tensor } from '../../../lib/tensor/tensor.js';
import { TestGraph } from '../../helpers/check-pass.js';
import { randomFloats } from '../../helpers/random-floats.js';

const sample = new Map([['x', f32([1, 3, 8, 8], randomFloats(192, 1, 2))]]);

/** Counts how often a graph is made ready to run: for the first time when calibration begins. */
function attempt(graph: Graph, options: QuantizeOptions = {}) {
  const executor = jest.fn(async (g: Graph) => async (feeds: Feeds) => runReference(g, feeds));
  return { executor, result: quantize(graph, options, { data: [sample], executor }) };
}

function network(): Graph {
  const g = new TestGraph([1, 3, 8, 8]);
  return g.done(g.op('Relu', [g.conv(g.x, 4, 3)]));
}

const refusal = { code: 'KPT_OPTION_INVALID', message: expect.stringContaining('quantised already: node') };

test('a model that quantize has made is refused before calibration, and named', async () => {
  const { model } = await attempt(network()).result;
  const { executor, result } = attempt(model);
  await expect(result).rejects.toMatchObject(refusal);
  await expect(result).rejects.toThrow(/\(DequantizeLinear\) reads weights '.+' of type int8/);
  expect(executor).not.toHaveBeenCalled();
});

test('a model of integer operators is refused', async () => {
  const g = new TestGraph([1, 3, 8, 8]);
  const [bytes, , zero] = g.node('DynamicQuantizeLinear', [g.x], {}, { outputs: 3 });
  const weights = g.constant('w', tensor('int8', [8, 4], new Int8Array(32).fill(3)));
  const sums = g.op('MatMulInteger', [bytes!, weights, zero!]);
  const { executor, result } = attempt(g.done(g.op('Cast', [sums], { to: attr.int(1) })));
  await expect(result).rejects.toMatchObject(refusal);
  expect(executor).not.toHaveBeenCalled();
});

test('a model in float16 is refused, and named', async () => {
  const g = new TestGraph([1, 8]);
  const half = g.op('Cast', [g.x], { to: attr.int(10) });
  const weights = g.constant('w', fromNumbers('float16', [8, 4], randomFloats(32, 1)));
  const product = g.op('MatMul', [half, weights]);
  const { executor, result } = attempt(g.done(g.op('Cast', [product], { to: attr.int(1) })));
  await expect(result).rejects.toMatchObject({ code: 'KPT_OPTION_INVALID' });
  await expect(result).rejects.toThrow(/one in float16: node '.+' \(MatMul\) reads weights 'w' of this type/);
  expect(executor).not.toHaveBeenCalled();
});

test('a model without layers to quantise stays as it is', async () => {
  const g = new TestGraph([1, 3, 8, 8]);
  const { result } = attempt(g.done(g.op('Relu', [g.x])));
  expect(await result).toMatchObject({ report: { layers: [] } });
});

test('where some layers are in float32 they are quantised', async () => {
  const g = new TestGraph([1, 3, 8, 8]);
  const weights = g.constant('w', tensor('int8', [6, 8], new Int8Array(48).fill(3)));
  const floats = g.op('DequantizeLinear', [weights, g.number(0.1)]);
  const { result } = attempt(g.done(g.op('MatMul', [g.op('Relu', [g.conv(g.x, 4, 3)]), floats])));
  expect((await result).report.layers.map(({ op }) => op)).toContain('Conv');
});

describe('exclusions that exclude nothing', () => {
  const g = new TestGraph([1, 3, 8, 8]);
  const weights = [g.weights(4, 3, 3, 3), g.weights(4)];
  const [conv] = g.node('Conv', [g.x, ...weights], {}, { name: '/features/conv1/Conv' });
  const graph = g.done(g.op('Relu', [conv!]));

  test.each([
    [{ names: ['/features/conv1/Conv', 'conv2'] }, "exclude.names of quantize has 'conv2'"],
    [{ names: ['Conv1'] }, "it has '/features/conv1/Conv'."],
    [{ names: ['nothing'] }, '`kompakt inspect MODEL --plan` lists them'],
    [
      { types: ['Relu', 'Gemm'] },
      "exclude.types of quantize has 'Gemm', but the model has no node of this operator: it has Conv, Relu.",
    ],
    [{ patterns: ['^conv'] }, "exclude.patterns of quantize has '^conv'"],
  ])('%j', async (exclude, message) => {
    const { executor, result } = attempt(graph, { exclude });
    await expect(result).rejects.toMatchObject({
      code: 'KPT_OPTION_INVALID',
      message: expect.stringContaining(message),
    });
    expect(executor).not.toHaveBeenCalled();
  });

  test('a node that is folded away before may be named', async () => {
    const b = new TestGraph([1, 3, 8, 8]);
    const statistics = [1, 0, 0, 1].map((value) =>
      b.constant('s', f32([4], new Float32Array(4).fill(value))),
    );
    const [out] = b.node('BatchNormalization', [b.conv(b.x, 4, 3), ...statistics], {}, { name: 'norm' });
    const { result } = attempt(b.done(b.op('Relu', [out!])), { exclude: { names: ['norm'] } });
    expect((await result).report.layers).toHaveLength(1);
  });
});
