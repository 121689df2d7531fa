import type { Feeds } from '../../../lib/calibrate/collect.js';
import type { QuantizeOptions } from '../../../lib/compress/quantize/options.js';
import { quantize } from '../../../lib/compress/quantize/quantize.js';
import { attr } from '../../../lib/graph/attribute.js';
import { type Graph, opKey } from '../../../lib/graph/graph.js';
import { prepareForRun } from '../../../lib/passes/pipeline.js';
import { runReference } from '../../../lib/run/reference.js';
import { f32, toNumbers } from '../../../lib/tensor/tensor.js';
import { TestGraph } from '../../helpers/check-pass.js';
import { randomFloats } from '../../helpers/random-floats.js';

const samples: readonly Feeds[] = [1, 2, 3, 4, 5].map(
  (seed) => new Map([['x', f32([1, 3, 8, 8], randomFloats(192, seed, 2))]]),
);

/** Between two plain convolutions a value of which one channel is 300 times as large as the others count. */
function network(): { graph: Graph; bad: string } {
  const g = new TestGraph([1, 3, 8, 8]);
  const unequal = (dims: number[], factor: number): string => {
    const size = dims.reduce((a, b) => a * b, 1);
    const row = size / dims[0]!;
    const values = randomFloats(size, dims.length + row).map((v, i) => (i < row ? v * factor : v));
    return g.constant(`u${factor}`, f32(dims, values));
  };
  const a = g.op('Relu', [g.conv(g.x, 4, 3)]);
  const bad = g.op('HardSwish', [g.op('Conv', [a, unequal([4, 4, 1, 1], 300)])]);
  const deep = g.node('Conv', [bad, unequal([4, 1, 3, 3], 1 / 300)], { group: attr.int(4) })[0]!;
  return { graph: g.done(g.op('Conv', [g.op('Relu', [deep]), g.weights(5, 4, 1, 1)])), bad };
}

async function quantized(graph: Graph, options: QuantizeOptions) {
  const { model, report } = await quantize(graph, options, {
    data: samples,
    executor: async (g) => async (feeds) => runReference(g, feeds),
  });
  let [signal, noise] = [0, 0];
  for (const feeds of samples) {
    const [y, z] = [graph, model].map((g) => toNumbers([...runReference(g, feeds).values()][0]!));
    y!.forEach((v, i) => {
      signal += v * v;
      noise += (v - z![i]!) ** 2;
    });
  }
  return { model, report, sqnr: 10 * Math.log10(signal / noise) };
}

test('keepSqnr leaves the value that hurts in float and the rest in integers', async () => {
  const { graph, bad } = network();
  const all = await quantized(graph, {});
  const some = await quantized(graph, { keepSqnr: 30 });
  expect(all.report.keptValues).toEqual([]);
  expect(some.report.keptValues).toContain(bad);
  expect(all.sqnr).toBeLessThan(25);
  expect(some.sqnr).toBeGreaterThan(all.sqnr + 6);
  const ops = prepareForRun(some.model).nodes.map(opKey);
  expect(ops.filter((op) => op === 'ai.kompakt:QConv').length).toBeGreaterThanOrEqual(2);
  expect(ops).toContain('ai.kompakt:FusedConv');
});

test('a target that holds anyway changes nothing', async () => {
  const { graph } = network();
  const { report } = await quantized(graph, { keepSqnr: 1 });
  expect(report.keptValues).toEqual([]);
});
