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
});
