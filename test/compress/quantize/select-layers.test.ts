import type { Feeds } from '../../../lib/calibrate/collect.js';
import { quantize } from '../../../lib/compress/quantize/quantize.js';
import type { Graph } from '../../../lib/graph/graph.js';
import { f32, toNumbers } from '../../../lib/tensor/tensor.js';
import { TestGraph } from '../../helpers/check-pass.js';
import { onnxruntimeExecutor } from '../../helpers/onnxruntime-executor.js';
import { randomFloats } from '../../helpers/random-floats.js';

const samples: readonly Feeds[] = [1, 2, 3, 4].map(
  (seed) => new Map([['x', f32([1, 3, 8, 8], randomFloats(192, seed, 2))]]),
);

/** The quantised graph, and dB of signal over what quantising changed, both in onnxruntime. */
async function quantized(graph: Graph): Promise<{ readonly model: Graph; readonly sqnr: number }> {
  const { model } = await quantize(graph, {}, { data: samples, executor: onnxruntimeExecutor });
  const [before, after] = [await onnxruntimeExecutor(graph), await onnxruntimeExecutor(model)];
  let [signal, noise] = [0, 0];
  for (const feeds of samples) {
    const [was, is] = [await before(feeds), await after(feeds)].map((all) =>
      toNumbers([...all.values()][0]!),
    ) as [Float64Array, Float64Array];
    was.forEach((v, i) => {
      signal += v * v;
      noise += (v - is[i]!) ** 2;
    });
  }
  return { model, sqnr: 10 * Math.log10(signal / noise) };
}

describe('functions of one value in a row', () => {
  it('of the graph input, as (x - mean) / std, are one table before the first convolution', async () => {
    const g = new TestGraph([1, 3, 8, 8]);
    const normal = g.op('Div', [g.op('Sub', [g.x, g.number(0.3)]), g.number(0.5)]);
    const { model, sqnr } = await quantized(g.done(g.conv(normal)));
    expect(sqnr).toBeGreaterThan(30);
    const ops = model.nodes.map(({ op }) => op).join(' ');
    expect(ops).toMatch(/^QuantizeLinear DequantizeLinear Sub Div QuantizeLinear DequantizeLinear .*Conv/);
  });

  it.each(['before', 'behind'])('may be thousands, %s a convolution', async (place) => {
    const g = new TestGraph([1, 3, 8, 8]);
    let value = place === 'behind' ? g.conv(g.x, 3) : g.x;
    for (let i = 0; i < 3000; i++)
      value = i % 2 === 0 ? g.op('Max', [value, g.number(-9)]) : g.op('Min', [value, g.number(9)]);
    const { model } = await quantize(
      g.done(place === 'behind' ? value : g.conv(value)),
      {},
      { data: samples, executor: onnxruntimeExecutor },
    );
    expect(model.nodes.length).toBeGreaterThan(3000);
  });

  it('that read their operand twice are looked at once each', async () => {
    const g = new TestGraph([1, 3, 8, 8]);
    let value = g.conv(g.x, 3);
    for (let i = 0; i < 60; i++) value = g.op('Max', [value, value]);
    expect((await quantized(g.done(g.conv(value)))).sqnr).toBeGreaterThan(30);
  });
});
