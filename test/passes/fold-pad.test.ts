import { attr } from '../../lib/graph/attribute.js';
import { foldPad } from '../../lib/passes/fold-pad.js';
import { i64 } from '../../lib/tensor/tensor.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';

const pad = (g: TestGraph, pads: number[], ...value: string[]) =>
  g.op('Pad', [g.x, g.constant('p', i64(pads)), ...value]);

describe('fold-pad', () => {
  it('Conv(Pad(x)) -> Conv(x, pads)', () => {
    const g = new TestGraph();
    const y = g.conv(pad(g, [0, 0, 1, 0, 0, 0, 2, 1]));
    const { ops, graph } = checkPass(foldPad, g.done(y));
    expect(ops).toEqual(['Conv']);
    expect(graph.nodes[0].attributes.pads).toEqual(attr.ints([1, 0, 2, 1]));
  });

  it('leaves padding with a number, of channels, and negative padding', () => {
    const a = new TestGraph();
    expect(
      checkPass(foldPad, a.done(a.conv(pad(a, [0, 0, 1, 1, 0, 0, 1, 1], a.number(2))))).ops,
    ).toHaveLength(2);
    const b = new TestGraph([1, 2, 5, 5]);
    expect(checkPass(foldPad, b.done(b.conv(pad(b, [0, 1, 0, 0, 0, 0, 0, 0])))).ops).toHaveLength(2);
    const c = new TestGraph();
    expect(checkPass(foldPad, c.done(c.conv(pad(c, [0, 0, -1, 0, 0, 0, 0, 0])))).ops).toHaveLength(2);
  });
});
