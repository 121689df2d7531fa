import { attr } from '../../lib/graph/attribute.js';
import { packBinary, packSigns } from '../../lib/passes/pack-binary.js';
import { cleanPasses } from '../../lib/passes/pipeline.js';
import { f32, tensor } from '../../lib/tensor/tensor.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';
import { randomFloats } from '../helpers/random-floats.js';

const k = (op: string): string => `ai.kompakt:${op}`;

/** Forms of "+1 where x >= t, else -1" (or its opposites) that exporters write. */
type Binarise = (g: BinaryGraph, x: string) => string;

class BinaryGraph extends TestGraph {
  #next = 50;

  list(...values: number[]): string {
    return this.constant('l', f32([values.length], values));
  }

  random(...dims: number[]): Float32Array {
    return randomFloats(
      dims.reduce((a, b) => a * b, 1),
      this.#next++,
    );
  }

  /** Weights of +scale and -scale; scales differ by output channel. */
  signs(...dims: number[]): string {
    const row = dims.slice(1).reduce((a, b) => a * b, 1);
    const values = this.random(...dims).map((v, i) => (v > 0 ? 1 : -1) * 2 ** -(Math.floor(i / row) % 3));
    return this.constant('w', f32(dims, values));
  }

  binaryConv(x: string, filters: number, channels: number, pad = 1): string {
    return this.op('Conv', [x, this.signs(filters, channels, 3, 3)], {
      pads: attr.ints([pad, pad, pad, pad]),
    });
  }

  /** With gammas of both signs, or positive ones only. */
  norm(x: string, channels: number, positive = false): string {
    const gamma = this.random(channels).map((v) => (positive ? Math.abs(v) + 0.1 : v + Math.sign(v)));
    const [beta, mean] = [this.random(channels), this.random(channels)];
    const variance = this.random(channels).map((v) => v * v + 0.5);
    const parameters = [gamma, beta, mean, variance].map((v) => this.constant('p', f32([channels], v)));
    return this.op('BatchNormalization', [x, ...parameters]);
  }
}

const where: Binarise = (g, x) => {
  const [zero, one, minus] = [0, 1, -1].map((v) => g.number(v));
  return g.op('Where', [g.op('GreaterOrEqual', [x, zero]), one, minus]);
};

const forms: Readonly<Record<string, Binarise>> = {
  'Where(x >= 0, 1, -1)': where,
  'Where(x < t, -1, 1)': (g, x) =>
    g.op('Where', [g.op('Less', [x, g.number(0.3)]), g.number(-1), g.number(1)]),
  'Where(x > t, 1, -1)': (g, x) =>
    g.op('Where', [g.op('Greater', [x, g.number(0)]), g.number(1), g.number(-1)]),
  'Where(x <= t, 1, -1)': (g, x) =>
    g.op('Where', [g.op('LessOrEqual', [x, g.number(0.5)]), g.number(1), g.number(-1)]),
  'Where(t < x, -1, 1)': (g, x) => g.op('Where', [g.op('Less', [g.number(0), x]), g.number(-1), g.number(1)]),
  'Where(not(x < 0), 1, -1)': (g, x) =>
    g.op('Where', [g.op('Not', [g.op('Less', [x, g.number(0)])]), g.number(1), g.number(-1)]),
  'Sign(Sign(x) + 0.1)': (g, x) => g.op('Sign', [g.op('Add', [g.op('Sign', [x]), g.number(0.1)])]),
  'Sign(-0.5 + Sign(x))': (g, x) => g.op('Sign', [g.op('Add', [g.number(-0.5), g.op('Sign', [x])])]),
  '2 * Cast(x >= 0) - 1': (g, x) => {
    const cast = g.op('Cast', [g.op('GreaterOrEqual', [x, g.number(0)])], { to: attr.int(1) });
    return g.op('Sub', [g.op('Mul', [cast, g.number(2)]), g.number(1)]);
  },
  '1 - 2 * Cast(x >= 0)': (g, x) => {
    const cast = g.op('Cast', [g.op('GreaterOrEqual', [x, g.number(0)])], { to: attr.int(1) });
    return g.op('Sub', [g.number(1), g.op('Mul', [g.number(2), cast])]);
  },
  'a threshold per channel (RSign)': (g, x) => {
    const shift = g.constant('t', f32([3, 1, 1], [0.5, -1, 2]));
    return where(g, g.op('Add', [x, shift]));
  },
  'scales of both signs before it': (g, x) =>
    where(g, g.op('Sub', [g.list(0.25), g.op('Mul', [x, g.constant('s', f32([3, 1, 1], [1, -2, 3]))])])),
};

describe('pack-binary', () => {
  test.each(Object.entries(forms))('%s, Conv with weights {-a, +a}', (_, binarise) => {
    const g = new BinaryGraph();
    const { ops } = checkPass(packBinary, g.done(g.binaryConv(binarise(g, g.x), 5, 3)), 0);
    expect(ops).toEqual([k('PackBits'), k('BinaryConv')]);
  });

  it('takes the threshold itself, and the value next to it, to the right side', () => {
    const x = [-1e-45, -0, 0, 1e-45, 0.3, Math.fround(0.3), Math.fround(0.3) - 2 ** -26, 1];
    for (const [name, binarise] of Object.entries(forms)) {
      if (name.includes('per channel') || name.includes('scales')) continue;
      const g = new BinaryGraph([1, 8]);
      const bits = binarise(g, g.op('Add', [g.x, g.constant('x', f32([1, 8], x))]));
      const eye = Array.from({ length: 64 }, (_, i) => (i % 9 === 0 ? 1 : -1));
      const graph = g.done(g.op('MatMul', [bits, g.constant('w', f32([8, 8], eye))]));
      const fixed = {
        ...graph,
        inputs: [],
        constants: new Map(graph.constants).set('x', f32([1, 8], new Array(8).fill(0))),
      };
      expect(checkPass(packBinary, fixed, 0).ops).toContain(k('BinaryGemm'));
    }
  });

  it('keeps a chain in bits: scale, shift, pooling and binarisation become thresholds', () => {
    const g = new BinaryGraph([2, 3, 12, 12]);
    let x = where(g, g.norm(g.conv(g.x, 16), 16));
    x = where(g, g.norm(g.binaryConv(x, 24, 16), 24));
    const pooled = g.op('MaxPool', [g.binaryConv(x, 19, 24)], {
      kernel_shape: attr.ints([2, 2]),
      strides: attr.ints([2, 2]),
    });
    x = where(g, g.norm(pooled, 19));
    x = where(g, g.norm(g.binaryConv(x, 16, 19, 0), 16));
    x = where(g, g.norm(g.op('Gemm', [g.op('Flatten', [x]), g.signs(10, 144)], { transB: attr.int(1) }), 10));
    const { ops } = checkPass(
      [...cleanPasses.map((s) => s.pass), packBinary],
      g.done(g.op('Gemm', [x, g.signs(7, 10)], { transB: attr.int(1) })),
    );
    expect(ops).toEqual([
      'Conv',
      k('PackBits'),
      k('BinaryConvBits'),
      k('BinaryConvBits'),
      k('BinaryMaxPool'),
      k('BinaryConvBits'),
      'Flatten',
      k('BinaryGemmBits'),
      k('BinaryGemm'),
    ]);
  });

  it('pools what is binarised already, and flattens it', () => {
    const g = new BinaryGraph([2, 8, 6, 6]);
    const pooled = g.op('MaxPool', [where(g, g.x)], {
      kernel_shape: attr.ints([3, 3]),
      pads: attr.ints([1, 1, 1, 1]),
    });
    const flat = g.op('Reshape', [
      pooled,
      g.constant('shape', tensor('int64', [2], BigInt64Array.of(0n, -1n))),
    ]);
    const w = g.op('Gemm', [flat, g.signs(9, 288), g.list(...g.random(9))], {
      transB: attr.int(1),
      beta: attr.float(0.5),
    });
    const { ops } = checkPass(packBinary, g.done(w), 0);
    expect(ops).toEqual([k('PackBits'), k('BinaryMaxPool'), 'Flatten', k('BinaryGemm')]);
  });

  it('moves PRelu and a shift, or QuantizeLinear, into the product', () => {
    const a = new BinaryGraph();
    const slope = a.constant('slope', f32([4, 1, 1], [0.25, 0.5, 2, -1]));
    const leaky = a.op('PRelu', [a.binaryConv(where(a, a.x), 4, 3), slope]);
    const y = a.op('Add', [leaky, a.constant('shift', f32([4, 1, 1], [1, 2, 3, 4]))]);
    expect(checkPass(packBinary, a.done(y), 0).ops).toEqual([k('PackBits'), k('BinaryConv')]);
    const b = new BinaryGraph();
    const q = b.qdq(b.binaryConv(where(b, b.x), 4, 3), 0.25, 128);
    expect(checkPass(packBinary, b.done(q), 0).ops).toEqual([
      k('PackBits'),
      k('BinaryConvQuantized'),
      'DequantizeLinear',
    ]);
  });

  it('keeps float values that something else uses', () => {
    const g = new BinaryGraph();
    const sign = where(g, g.x);
    const conv = g.binaryConv(sign, 3, 3);
    const next = g.binaryConv(where(g, conv), 3, 3);
    const { ops } = checkPass(packBinary, g.done(g.op('Add', [g.op('Add', [sign, conv]), next])));
    expect(ops.filter((op) => op === k('PackBits'))).toHaveLength(2);
    expect(ops.filter((op) => op === k('BinaryConv'))).toHaveLength(2);
    expect(ops).toContain('Where');
  });

  it('leaves Sign, which is 0 at 0, unless the network is known to be binary', () => {
    const build = () => {
      const g = new BinaryGraph();
      return g.done(g.binaryConv(g.op('Sign', [g.x]), 3, 3));
    };
    expect(checkPass(packBinary, build(), 0).ops).toEqual(['Sign', 'Conv']);
    expect(checkPass(packSigns, build(), 0).ops).toEqual([k('PackBits'), k('BinaryConv')]);
  });

  it('leaves weights of other magnitudes, groups and activations that are not binary', () => {
    const a = new BinaryGraph();
    expect(checkPass(packBinary, a.done(a.conv(where(a, a.x)))).ops).toEqual([
      'GreaterOrEqual',
      'Where',
      'Conv',
    ]);
    const b = new BinaryGraph();
    const grouped = b.op('Conv', [where(b, b.x), b.signs(3, 1, 3, 3)], { group: attr.int(3) });
    expect(checkPass(packBinary, b.done(grouped)).ops).toEqual(['GreaterOrEqual', 'Where', 'Conv']);
    const c = new BinaryGraph();
    expect(checkPass(packBinary, c.done(c.binaryConv(c.op('Relu', [c.x]), 4, 3))).ops).toEqual([
      'Relu',
      'Conv',
    ]);
    const d = new BinaryGraph();
    const half = d.op('Where', [d.op('Less', [d.x, d.number(0)]), d.number(0), d.number(1)]);
    expect(checkPass(packBinary, d.done(d.binaryConv(half, 4, 3))).ops).toEqual(['Less', 'Where', 'Conv']);
  });

  it('leaves values that a constant broadcasts', () => {
    const weights = (g: BinaryGraph) => g.constant('t', f32([1, 3, 1, 1], g.random(3)));
    const a = new BinaryGraph([1, 1, 5, 5]);
    const sum = where(a, a.op('Add', [a.x, weights(a)]));
    // The sum has three channels, and is what is packed.
    expect(checkPass(packBinary, a.done(a.binaryConv(sum, 4, 3)), 0).ops).toEqual([
      'Add',
      k('PackBits'),
      k('BinaryConv'),
    ]);
    const b = new BinaryGraph([1, 1, 5, 5]);
    const above = b.op('GreaterOrEqual', [b.x, weights(b)]);
    const bits = b.op('Where', [above, b.number(1), b.number(-1)]);
    expect(checkPass(packBinary, b.done(b.binaryConv(bits, 4, 3)), 0).ops).toContain('Conv');
    const c = new BinaryGraph([3, 8]);
    const raised = c.op('GreaterOrEqual', [c.x, c.numberOfRank(0, 3)]);
    const more = c.op('Where', [raised, c.number(1), c.number(-1)]);
    expect(checkPass(packBinary, c.done(c.op('Flatten', [more])), 0).ops).not.toContain(k('PackBits'));
  });

  it('leaves a network whose number of channels is a symbol, and goes through with a symbol for images', () => {
    const a = new BinaryGraph(['N', 'C', 4, 4]);
    const graph = a.done(a.binaryConv(where(a, a.x), 4, 3));
    expect(packBinary.run(graph).nodes.map(({ op }) => op)).toEqual(['GreaterOrEqual', 'Where', 'Conv']);
    const b = new BinaryGraph(['N', 3, 6, 6]);
    const x = where(b, b.norm(b.conv(b.x, 16), 16));
    const flat = b.op('Flatten', [where(b, b.norm(b.binaryConv(x, 8, 16), 8))]);
    const y = b.op('Gemm', [flat, b.signs(9, 128)], { transB: attr.int(1) });
    expect(checkPass(packBinary, b.done(y)).ops).toEqual([
      'Conv',
      k('PackBits'),
      k('BinaryConvBits'),
      'Flatten',
      k('BinaryGemm'),
    ]);
  });

  it('leaves a product that is the slope of a PRelu, and a quantiser of negative scale', () => {
    const a = new BinaryGraph([1, 3, 5, 5]);
    const product = a.binaryConv(where(a, a.x), 4, 3);
    const leaky = a.op('PRelu', [a.constant('values', f32([1, 4, 5, 5], a.random(1, 4, 5, 5))), product]);
    expect(checkPass(packBinary, a.done(leaky), 0).ops).toContain('PRelu');
    const b = new BinaryGraph();
    const slope = b.constant('slope', f32([4, 1, 1], [0.25, 0.5, 2, -1]));
    const q = b.qdq(b.op('PRelu', [b.binaryConv(where(b, b.x), 4, 3), slope]), -0.25, 128);
    expect(checkPass(packBinary, b.done(q), 0).ops).toContain('QuantizeLinear');
  });

  it('leaves a normalisation by the statistics of the batch', () => {
    const g = new BinaryGraph([4, 3, 5, 5]);
    const parameters = [1, 0, 5, 1].map((v) => g.list(v, v, v));
    const y = g.op('BatchNormalization', [g.x, ...parameters], { training_mode: attr.int(1) });
    expect(checkPass(packBinary, g.done(g.binaryConv(where(g, y), 4, 3)), 0).ops).toContain(
      'BatchNormalization',
    );
  });
});
