import { attr } from '../../lib/graph/attribute.js';
import { fuseIntegerTails } from '../../lib/passes/fuse-integer-tails.js';
import { fuseQdq } from '../../lib/passes/fuse-qdq.js';
import { fuseTables } from '../../lib/passes/fuse-tables.js';
import { fromNumbers } from '../../lib/tensor/tensor.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';
import { randomFloats } from '../helpers/random-floats.js';

function conv(g: TestGraph, x: string, scale = 0.1): string {
  const q = g.constant('q', fromNumbers('int8', [3, 3, 3, 3], randomFloats(81, 3, 127).map(Math.trunc)));
  const w = g.op('DequantizeLinear', [q, g.number(0.01)]);
  return g.qdq(g.op('Conv', [x, w]), scale, 128);
}

/** The integer graph, then what the pass makes of it: equal bytes. */
function tails(graph: ReturnType<TestGraph['done']>) {
  return checkPass(fuseIntegerTails, fuseQdq.run(fuseTables.run(graph)), 0).ops;
}

describe('fuse-integer-tails', () => {
  it('a function behind a convolution -> its table', () => {
    const g = new TestGraph();
    const y = g.qdq(g.op('HardSwish', [conv(g, g.qdq(g.x, 0.05, 128))]), 0.08, 20);
    expect(tails(g.done(y))).toEqual(['QuantizeLinear', 'ai.kompakt:QConv', 'DequantizeLinear']);
  });

  it('a sum behind a convolution -> its residual, with a table behind', () => {
    const g = new TestGraph();
    const x = g.qdq(g.x, 0.05, 128);
    const sum = g.qdq(g.op('Add', [conv(g, x), conv(g, x, 0.13)]), 0.2, 110);
    const y = g.qdq(g.op('HardSwish', [sum]), 0.15, 10);
    expect(tails(g.done(y))).toEqual([
      'QuantizeLinear',
      'ai.kompakt:QConv',
      'ai.kompakt:QConv',
      'DequantizeLinear',
    ]);
  });

  it('fuses a sum where the number of images is a symbol, also with a single one that broadcasts', () => {
    const same = new TestGraph(['N', 3, 5, 5]);
    const x = same.qdq(same.x, 0.05, 128);
    const sum = same.qdq(same.op('Add', [conv(same, x), conv(same, x, 0.13)]), 0.2, 110);
    expect(tails(same.done(sum))).not.toContain('com.microsoft:QLinearAdd');
    const one = new TestGraph(['N', 3, 5, 5]);
    const convolved = conv(one, one.qdq(one.x, 0.05, 128));
    const z = one.qdq(one.input('other', 'float32', [1, 3, 3, 3]), 0.05, 128);
    tails(one.done(one.qdq(one.op('Add', [convolved, z]), 0.2, 128)));
  });

  it('leaves a convolution with other users and a sum that broadcasts', () => {
    const a = new TestGraph();
    const y = conv(a, a.qdq(a.x, 0.05, 128));
    expect(tails(a.done(y, a.qdq(a.op('HardSwish', [y]), 0.08, 20)))).toContain('ai.kompakt:QTable');
    const b = new TestGraph();
    const x = b.qdq(b.x, 0.05, 128);
    const pooled = b.qdq(b.op('GlobalAveragePool', [x]), 0.05, 128);
    expect(tails(b.done(b.qdq(b.op('Add', [conv(b, x), pooled]), 0.2, 128)))).toContain(
      'com.microsoft:QLinearAdd',
    );
  });

  it('a sum behind QLinearConv -> QConv with a residual', () => {
    const g = new TestGraph();
    const params = (scale: number, zero: number): string[] => [
      g.number(scale),
      g.constant('z', fromNumbers('uint8', [], [zero])),
    ];
    const [px, py, ps] = [params(0.05, 128), params(0.2, 120), params(0.25, 125)];
    const x = g.op('QuantizeLinear', [g.x, ...px]);
    const w = g.constant(
      'q',
      fromNumbers('uint8', [3, 3, 3, 3], randomFloats(81, 3, 127).map(Math.abs).map(Math.trunc)),
    );
    const convolved = g.op('QLinearConv', [x, ...px, w, ...params(0.01, 60), ...py], {
      pads: attr.ints([1, 1, 1, 1]),
    });
    const sum = g.node('QLinearAdd', [x, ...px, convolved, ...py, ...ps], {}, { domain: 'com.microsoft' })[0];
    const { ops } = checkPass(fuseIntegerTails, g.done(g.op('DequantizeLinear', [sum, ...ps])), 0);
    expect(ops).toEqual(['QuantizeLinear', 'ai.kompakt:QConv', 'DequantizeLinear']);
  });
});
