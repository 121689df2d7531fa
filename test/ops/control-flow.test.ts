import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Attribute, Graph } from '../../lib/graph/graph.js';
import { ops } from '../../lib/ops/index.js';
import { type InferContext, NeedsData, type TensorType } from '../../lib/ops/op.js';
import { f32, fromNumbers, i64 } from '../../lib/tensor/tensor.js';
import { expectAgreement, random } from '../helpers/one-node.js';

/** A graph of one node on a constant: what a branch of If is. */
function branch(value: readonly number[]): Graph {
  const g = new GraphBuilder('branch');
  const [y] = g.node('Neg', [g.constant('value', f32([value.length], value))]);
  g.output(y!, 'float32');
  return g.build();
}

const branches = (yes: number[], no: number[]): Record<string, Attribute> => ({
  then_branch: attr.graph(branch(yes)),
  else_branch: attr.graph(branch(no)),
});

describe('If', () => {
  test.each([0, 1])('chooses by %d', async (choice) => {
    const inputs = [fromNumbers('bool', [], [choice])];
    await expectAgreement({ op: 'If', inputs, attributes: branches([1, 2], [3, 4]), constants: [0] });
    await expectAgreement({ op: 'If', inputs, attributes: branches([1, 2], [3]), constants: [0] });
  });

  const infer = (attributes: Record<string, Attribute>, condition?: number) => {
    const dims = (g: Graph): TensorType[] => [{ dtype: 'float32', dims: [...g.constants.values()][0]!.dims }];
    const ctx = {
      node: { name: 'n', op: 'If', domain: '', inputs: ['c'], outputs: ['y'], attributes },
      opset: 18,
      inputs: [{ dtype: 'bool', dims: [] }],
      value: () => (condition === undefined ? undefined : fromNumbers('bool', [], [condition])),
      inferSubgraph: dims,
      where: 'If',
    } satisfies InferContext;
    return ops.get('If')!.infer(ctx)[0]!.dims;
  };
  test('needs data only when its branches differ and the condition is unknown', () => {
    expect(infer(branches([1, 2], [3, 4]))).toEqual([2]);
    expect(infer(branches([1, 2], [3]), 0)).toEqual([1]);
    expect(() => infer(branches([1, 2], [3]))).toThrow(NeedsData);
  });
});

/** x doubles in every turn until the sum of its elements passes 100; the turns are stacked. */
function doubling(): Graph {
  const g = new GraphBuilder('body');
  g.input('turn', 'int64', []);
  g.input('going', 'bool', []);
  g.input('x', 'float32', [2]);
  const [twice] = g.node('Add', ['x', 'x']);
  const [sum] = g.node('ReduceSum', [twice!], { keepdims: attr.int(0) });
  const [more] = g.node('Less', [sum!, g.constant('limit', f32([], [100]))]);
  const [number] = g.node('Cast', ['turn'], { to: attr.int(1) });
  g.output(more!, 'bool', []);
  g.output(twice!, 'float32', [2]);
  g.output(number!, 'float32', []);
  return g.build();
}

test.each([3, 50, 0])('Loop of at most %d turns', (turns) =>
  expectAgreement({
    op: 'Loop',
    inputs: [i64([turns], []), fromNumbers('bool', [], [1]), f32([2], [1, 2])],
    outputs: 2,
    attributes: { body: attr.graph(doubling()) },
    constants: [0, 1],
  }),
);

/** Running sums: state += slice; the states are stacked. */
function summing(): Graph {
  const g = new GraphBuilder('body');
  g.input('state', 'float32', [3]);
  g.input('slice', 'float32', [3]);
  const [sum] = g.node('Add', ['state', 'slice'], {}, { outputs: ['sum'] });
  const [copy] = g.node('Identity', [sum!]);
  g.output(sum!, 'float32', [3]);
  g.output(copy!, 'float32', [3]);
  return g.build();
}

test.each([
  [0, 0, 0, 0],
  [0, 1, 0, 1],
  [0, 0, 1, 0],
  [0, 1, 1, 1],
])(
  'Scan along axis %d direction %d, output axis %d direction %d',
  (inAxis, inDirection, outAxis, outDirection) =>
    expectAgreement({
      op: 'Scan',
      inputs: [f32([3], [0, 0, 0]), random('float32', [4, 3])],
      outputs: 2,
      attributes: {
        body: attr.graph(summing()),
        num_scan_inputs: attr.int(1),
        scan_input_axes: attr.ints([inAxis]),
        scan_input_directions: attr.ints([inDirection]),
        scan_output_axes: attr.ints([outAxis]),
        scan_output_directions: attr.ints([outDirection]),
      },
    }),
);
