import { attr } from '../../lib/graph/attribute.js';
import { fuseActivation } from '../../lib/passes/fuse-activation.js';
import { fuseDynamic } from '../../lib/passes/fuse-dynamic.js';
import { f32, type TensorValue, tensor } from '../../lib/tensor/tensor.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';
import { noise } from '../helpers/run-reference.js';

interface Form {
  readonly op: 'ConvInteger' | 'MatMulInteger';
  readonly w: TensorValue;
  readonly wScale: TensorValue;
  readonly bias?: TensorValue;
  /** Something else reads the int32 sums. */
  readonly shared?: boolean;
}

/** What onnxruntime's quantiser writes for a layer. */
function dynamic({ op, w, wScale, bias, shared = false }: Form): TestGraph {
  const g = new TestGraph(op === 'ConvInteger' ? [1, 3, 5, 5] : [4, 6]);
  const [x, scale, zero] = g.node('DynamicQuantizeLinear', [g.x], {}, { outputs: 3 });
  const wZero = g.constant('w_zero', tensor('int8', [], Int8Array.of(0)));
  const [sums] = g.node(op, [x, g.constant('w', w), zero, wZero]);
  const [cast] = g.node('Cast', [sums], { to: attr.int(1) });
  const [product] = g.node('Mul', [scale, g.constant('w_scale', wScale)]);
  let [y] = g.node('Mul', [cast, product]);
  if (bias !== undefined) [y] = g.node('Add', [y, g.constant('bias', bias)]);
  if (shared) g.output(sums, 'int32');
  g.output(g.node('Relu', [y])[0], 'float32');
  return g;
}

const kernel = noise('int8', [4, 3, 3, 3]);
const matrix = noise('int8', [6, 5]);
const quantizer = 'DynamicQuantizeLinear';

describe('fuse-dynamic', () => {
  it('gathers a convolution with bias, and its activation later', () => {
    const graph = dynamic({
      op: 'ConvInteger',
      w: kernel,
      wScale: f32([], [0.02]),
      bias: f32([1, 4, 1, 1], [1, 2, 3, 4]),
    });
    expect(checkPass(fuseDynamic, graph.build(), 1e-6).ops).toEqual([
      quantizer,
      'ai.kompakt:ConvIntegerToFloat',
      'Relu',
    ]);
    expect(checkPass([fuseDynamic, fuseActivation], graph.build(), 1e-6).ops).toEqual([
      quantizer,
      'ai.kompakt:ConvIntegerToFloat',
    ]);
  });

  it('gathers a convolution with a scale per channel', () => {
    const graph = dynamic({ op: 'ConvInteger', w: kernel, wScale: f32([4, 1, 1], [0.1, 0.2, 0.3, 0.4]) });
    expect(checkPass(fuseDynamic, graph.build(), 1e-6).ops).toHaveLength(3);
  });

  it('gathers a matrix product', () => {
    const graph = dynamic({
      op: 'MatMulInteger',
      w: matrix,
      wScale: f32([5], [1, 2, 3, 4, 5]),
      bias: f32([5], [5, 4, 3, 2, 1]),
    });
    expect(checkPass(fuseDynamic, graph.build(), 1e-6).ops).toEqual([
      quantizer,
      'com.microsoft:MatMulIntegerToFloat',
      'Relu',
    ]);
  });

  it('leaves sums that others read', () => {
    const graph = dynamic({ op: 'MatMulInteger', w: matrix, wScale: f32([], [1]), shared: true });
    expect(checkPass(fuseDynamic, graph.build(), 1e-6).ops).toContain('MatMulInteger');
  });

  it('leaves a bias along another axis to Add', () => {
    const graph = dynamic({
      op: 'ConvInteger',
      w: kernel,
      wScale: f32([], [0.02]),
      bias: f32([3], [1, 2, 3]),
    });
    expect(checkPass(fuseDynamic, graph.build(), 1e-6).ops).toContain('Add');
  });

  /** A product whose scale, zero point and constants have these shapes. */
  function shaped(shapes: {
    readonly x?: readonly number[];
    readonly scale?: readonly number[];
    readonly zero?: readonly number[];
    readonly wScale?: readonly number[];
    readonly bias?: readonly number[];
    readonly conv?: boolean;
  }) {
    const { conv = false, x = conv ? [2, 3, 5, 5] : [4, 6], scale = [], zero, wScale = [], bias } = shapes;
    const g = new TestGraph([...scale]);
    const floats = (dims: readonly number[], from: number) => {
      const count = dims.reduce((a, b) => a * b, 1);
      return f32(
        dims,
        Array.from({ length: count }, (_, i) => from + i / 8),
      );
    };
    const zeros = zero === undefined ? '' : g.input('zeros', 'uint8', zero);
    const inputs = [g.input('bytes', 'uint8', x), g.constant('weight', conv ? kernel : matrix), zeros];
    const [sums] = g.node(conv ? 'ConvInteger' : 'MatMulInteger', inputs);
    const scales = g.op('Mul', [g.x, g.constant('w_scale', floats(wScale, 0.5))]);
    const y = g.op('Mul', [g.op('Cast', [sums], { to: attr.int(1) }), scales]);
    const shifted = bias === undefined ? y : g.op('Add', [y, g.constant('bias', floats(bias, 1))]);
    return checkPass(fuseDynamic, g.done(shifted), 1e-6).ops;
  }

  it.each([
    ['a number', {}],
    ['one of rank 1', { scale: [1], zero: [1], wScale: [1] }],
    ['as many axes as the product', { scale: [1, 1], wScale: [1, 5], bias: [1, 5] }],
    ['one for a convolution', { conv: true, scale: [1, 1, 1, 1], wScale: [1, 4, 1, 1] }],
  ])('gathers scales at run time: %s', (_, shapes) => {
    expect(shaped(shapes)).toEqual([expect.stringContaining('IntegerToFloat')]);
  });

  it.each([
    ['a scale per row', { scale: [4, 1] }],
    ['a scale per matrix', { scale: [2, 1, 1] }],
    ['a scale with more axes', { scale: [1, 1, 1] }],
    ['a scale per image', { conv: true, scale: [2, 1, 1, 1] }],
    ['a zero point per row', { zero: [4] }],
    ['weight scales with more axes', { wScale: [1, 1, 5] }],
    ['weight scales with more axes than a vector', { x: [6], wScale: [1, 5] }],
  ])('leaves %s', (_, shapes) => {
    expect(shaped(shapes)).toContain('Cast');
  });

  it('leaves a bias with more axes where it is', () => {
    expect(shaped({ bias: [1, 1, 5] })).toEqual(['com.microsoft:MatMulIntegerToFloat', 'Add']);
  });

  it('leaves a scale whose sizes are known at run time only', () => {
    const g = new TestGraph(['N', 6]);
    const scale = g.input('scale', 'float32', ['N']);
    const bytes = g.op('Cast', [g.x], { to: attr.int(2) });
    const [sums] = g.node('MatMulInteger', [bytes, g.constant('weight', noise('int8', [6, 4]))]);
    const y = g.op('Mul', [g.op('Cast', [sums], { to: attr.int(1) }), g.op('Mul', [scale, g.number(0.5)])]);
    expect(checkPass(fuseDynamic, g.done(y), 1e-6).ops).toContain('MatMulInteger');
  });
});
