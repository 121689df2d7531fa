import { attr } from '../../lib/graph/attribute.js';
import { mergeNarrow } from '../../lib/passes/merge-narrow.js';
import { i64 } from '../../lib/tensor/tensor.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';

const pads = { pads: attr.ints([1, 1, 1, 1]) };
const depthwise = (g: TestGraph, x: string, channels: number, size = 3): string =>
  g.op('Conv', [x, g.weights(channels, 1, size, size), g.weights(channels)], {
    group: attr.int(channels),
    ...(size === 3 && pads),
  });

describe('merge-narrow', () => {
  it('heads of a detector: four pointwise convolutions, and the depthwise ones behind them', () => {
    const g = new TestGraph();
    const heads = [1, 4, 1, 10].map((outputs) =>
      depthwise(g, g.op('Conv', [g.x, g.weights(outputs, 3, 1, 1), g.weights(outputs)]), outputs),
    );
    expect(checkPass(mergeNarrow, g.done(...heads), 0).ops).toEqual(['Conv', 'Conv', 'Split']);
  });

  it('some with a bias, with a residual behind one, and fused activations', () => {
    const g = new TestGraph();
    const relu = { activation: attr.string('relu') };
    const fused = (inputs: string[]): string =>
      g.node('FusedConv', inputs, relu, { domain: 'ai.kompakt' })[0]!;
    const a = fused([g.x, g.weights(2, 3, 3, 3)]);
    const b = fused([g.x, g.weights(5, 3, 3, 3), g.weights(5)]);
    const plain = g.op('Conv', [g.x, g.weights(2, 3, 3, 3)]);
    const sum = fused([g.x, g.weights(2, 3, 3, 3), '', a]);
    const { ops } = checkPass(mergeNarrow, g.done(b, g.op('Add', [plain, sum])), 0);
    expect(ops).toEqual(['ai.kompakt:FusedConv', 'Split', 'Conv', 'ai.kompakt:FusedConv', 'Add']);
  });

  it('leaves wide, grouped, different and run-time ones as they are', () => {
    const g = new TestGraph([1, 4, 5, 5]);
    const own = g.input('w', 'float32', [2, 4, 1, 1]);
    const conv = (w: string, attributes = {}): string => g.op('Conv', [g.x, w], attributes);
    const outputs = [
      conv(g.weights(16, 4, 1, 1)),
      conv(g.weights(16, 4, 1, 1)),
      conv(g.weights(2, 2, 1, 1), { group: attr.int(2) }),
      conv(g.weights(2, 2, 1, 1), { group: attr.int(2) }),
      conv(g.weights(2, 4, 3, 3)),
      conv(g.weights(2, 4, 3, 3), pads),
      conv(g.weights(2, 4, 2, 2)),
      conv(own),
      conv(own),
      g.op('Conv', [g.x, g.weights(3, 4, 1, 1)]),
    ];
    const graph = g.done(...outputs);
    expect(mergeNarrow.run(graph).nodes).toEqual(graph.nodes);
  });

  it('leaves depthwise ones on parts that others read, of other windows, or of an equal Split', () => {
    const parts = (g: TestGraph, ...sizes: number[]): string[] =>
      g.node(
        'Split',
        [g.x, g.constant('sizes', i64(sizes))],
        { axis: attr.int(1) },
        { outputs: sizes.length },
      );
    const read = new TestGraph([1, 5, 5, 5]);
    const [a, b] = parts(read, 2, 3) as [string, string];
    const others = new TestGraph([1, 5, 5, 5]);
    const [c, d] = parts(others, 2, 3) as [string, string];
    const equal = new TestGraph([1, 6, 5, 5]);
    const [e, f] = equal.node('Split', [equal.x], { axis: attr.int(1) }, { outputs: 2 }) as [string, string];
    for (const graph of [
      read.done(depthwise(read, a, 2), depthwise(read, b, 3), b),
      others.done(depthwise(others, c, 2), depthwise(others, d, 3, 1)),
      equal.done(depthwise(equal, e, 3), depthwise(equal, f, 3)),
    ])
      expect(mergeNarrow.run(graph).nodes).toEqual(graph.nodes);
    const good = new TestGraph([1, 5, 5, 5]);
    const halves = parts(good, 2, 3);
    const { ops } = checkPass(mergeNarrow, good.done(...halves.map((x, i) => depthwise(good, x, 2 + i))), 0);
    expect(ops).toEqual(['Conv', 'Split']);
  });
});
