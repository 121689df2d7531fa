import { attr } from '../../lib/graph/attribute.js';
import { fuseHardSwish } from '../../lib/passes/fuse-hard-swish.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';

const clip = (g: TestGraph, shift = 3) =>
  g.op('Clip', [g.op('Add', [g.x, g.number(shift)]), g.number(0), g.number(6)]);

const spellings: Record<string, (g: TestGraph) => string> = {
  '(x * clip) / 6': (g) => g.op('Div', [g.op('Mul', [g.x, clip(g)]), g.number(6)]),
  '(clip * x) * (1/6)': (g) => g.op('Mul', [g.number(1 / 6), g.op('Mul', [clip(g), g.x])]),
  'x * (clip / 6)': (g) => g.op('Mul', [g.x, g.op('Div', [clip(g), g.number(6)])]),
  'HardSigmoid * x': (g) =>
    g.op('Mul', [g.op('HardSigmoid', [g.x], { alpha: attr.float(1 / 6), beta: attr.float(0.5) }), g.x]),
};

describe('fuse-hard-swish', () => {
  it.each(Object.keys(spellings))('%s -> HardSwish(x)', (name) => {
    const g = new TestGraph([2, 7]);
    expect(checkPass(fuseHardSwish, g.done(spellings[name](g))).ops).toEqual(['HardSwish']);
  });

  it('clip(x + 3, 0, 6) / 6 -> HardSigmoid(x)', () => {
    const g = new TestGraph([2, 7]);
    expect(checkPass(fuseHardSwish, g.done(g.op('Div', [clip(g), g.number(6)]))).ops).toEqual([
      'HardSigmoid',
    ]);
  });

  it('leaves constants that give the result more axes', () => {
    const a = new TestGraph([7]);
    const swish = a.op('Mul', [a.x, a.op('Div', [clip(a), a.numberOfRank(6, 2)])]);
    expect(checkPass(fuseHardSwish, a.done(swish)).ops).toHaveLength(4);
    const b = new TestGraph([7]);
    expect(checkPass(fuseHardSwish, b.done(b.op('Div', [clip(b), b.numberOfRank(6, 2)]))).ops).toHaveLength(
      3,
    );
  });

  it('leaves other shifts, divisors and gates of another value', () => {
    const a = new TestGraph([2, 7]);
    expect(checkPass(fuseHardSwish, a.done(a.op('Div', [clip(a, 2), a.number(6)]))).ops).toHaveLength(3);
    const b = new TestGraph([2, 7]);
    expect(checkPass(fuseHardSwish, b.done(b.op('Div', [clip(b), b.number(5)]))).ops).toHaveLength(3);
    const c = new TestGraph([2, 7]);
    const other = c.op('Neg', [c.x]);
    const y = c.op('Div', [c.op('Mul', [other, clip(c)]), c.number(6)]);
    expect(checkPass(fuseHardSwish, c.done(y)).ops).not.toContain('HardSwish');
  });
});
