import { foldBias } from '../../lib/passes/fold-bias.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';

describe('fold-bias', () => {
  it('Conv(x) + c, Conv(x) - c -> Conv(x)', () => {
    for (const op of ['Add', 'Sub']) {
      const g = new TestGraph();
      expect(checkPass(foldBias, g.done(g.op(op, [g.conv(g.x), g.weights(1, 4, 1, 1)]))).ops).toEqual([
        'Conv',
      ]);
    }
  });

  it('leaves c - Conv(x), a map of its own per pixel, and a value that raises the rank', () => {
    for (const inputs of [
      (g: TestGraph) => ['Sub', g.weights(4, 1, 1), g.conv(g.x)],
      (g: TestGraph) => ['Add', g.conv(g.x), g.weights(1, 4, 3, 3)],
      (g: TestGraph) => ['Add', g.conv(g.x), g.weights(1, 1, 1, 1, 1)],
    ]) {
      const g = new TestGraph();
      const [op, ...operands] = inputs(g);
      expect(checkPass(foldBias, g.done(g.op(op, operands))).ops).toEqual(['Conv', op]);
    }
  });
});
