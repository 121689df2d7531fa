// Integer forms of arithmetic: what the rules build computes what the float node computes, within half a step.
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Attribute, Graph, Node } from '../../lib/graph/graph.js';
import { opOf, ops } from '../../lib/ops/index.js';
import type { IntegerContext, QuantParams } from '../../lib/ops/op.js';
import { runReference } from '../../lib/run/reference.js';
import type { DType } from '../../lib/tensor/dtype.js';
import { f32, fromNumbers, i64, type TensorValue, toNumbers } from '../../lib/tensor/tensor.js';
import { random } from '../helpers/one-node.js';

const params = (scale: number, zero: number, dtype: DType): QuantParams => ({
  scale: f32([], [scale]),
  zeroPoint: fromNumbers(dtype, [], [zero]),
  axis: 0,
});

const real = (t: TensorValue, q: QuantParams): number[] =>
  Array.from(toNumbers(t), (v) => (v - toNumbers(q.zeroPoint)[0]!) * toNumbers(q.scale)[0]!);

interface Case {
  readonly op: string;
  readonly inputs: readonly (QuantParams | TensorValue)[];
  readonly output: QuantParams;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly dtype?: DType;
}

const isParams = (input: QuantParams | TensorValue): input is QuantParams => 'scale' in input;

/** Builds the integer nodes of a case; null when the rule has none. */
function integerForm({ op, inputs, output, attributes = {} }: Case) {
  const node: Node = {
    name: 'n',
    op,
    domain: '',
    inputs: inputs.map((_, i) => `x${i}`),
    outputs: ['y'],
    attributes,
  };
  const constants = new Map<string, TensorValue>();
  inputs.forEach((input, i) => {
    if (!isParams(input)) constants.set(`x${i}`, input);
  });
  let count = 0;
  const ctx: IntegerContext = {
    node,
    quantized: (i) =>
      isParams(inputs[i]!) ? { name: `q${i}`, params: inputs[i] as QuantParams } : undefined,
    constant: (name) => constants.get(name),
    output,
    outputName: 'y',
    addConstant: (hint, value) => {
      const name = `${hint}_${count++}`;
      constants.set(name, value);
      return name;
    },
    fresh: (hint) => `${hint}_${count++}`,
  };
  const rule = opOf(node).quantize;
  if (rule.kind !== 'arithmetic') throw new Error(`${op} is not arithmetic`);
  const nodes = rule.integer(ctx);
  return nodes === null ? null : { nodes, constants, float: node };
}

/** The largest difference between integer and float form, in steps of the output, before saturation. */
function worstError(test: Case): number {
  const form = integerForm(test)!;
  const graph = new GraphBuilder('float');
  const integer: Graph = {
    name: 'integer',
    inputs: [],
    outputs: [{ name: 'y', dtype: 'uint8', dims: null }],
    nodes: form.nodes,
    constants: form.constants,
    opsets: { '': 18, 'com.microsoft': 1, 'ai.kompakt': 1 },
  };
  const feeds = new Map<string, TensorValue>();
  const floats = test.inputs.map((input, i) => {
    if (!isParams(input)) return graph.constant(`x${i}`, input);
    const bytes = random(input.zeroPoint.dtype, [1, 4, 3, 2], i + 2, 100);
    feeds.set(`q${i}`, bytes);
    return graph.constant(`x${i}`, f32([1, 4, 3, 2], real(bytes, input)));
  });
  const [y] = graph.node(test.op, floats, test.attributes ?? {});
  graph.output(y!, 'float32');
  const wanted = toNumbers(runReference(graph.build(), new Map()).get(y!)!);
  const fed = { ...integer, inputs: [...feeds].map(([name, t]) => ({ name, dtype: t.dtype, dims: t.dims })) };
  const got = runReference(fed, feeds).get('y')!;
  expect(got.dtype).toBe(test.output.zeroPoint.dtype);
  const step = toNumbers(test.output.scale)[0]!;
  return Math.max(...real(got, test.output).map((v, i) => Math.abs(v - wanted[i]!) / step));
}

describe.each<DType>(['uint8', 'int8'])('%s', (dtype) => {
  const zero = dtype === 'uint8' ? 100 : -3;
  const x = params(0.02, zero, dtype);
  const z = params(0.03, zero + 5, dtype);
  const wide = params(0.06, zero, dtype);
  const axis = { axis: attr.int(1) };
  const around = i64([0, 0, 1, 1, 0, 0, 1, 1]);
  test.each<[string, Case]>([
    ['Add', { op: 'Add', inputs: [x, z], output: wide }],
    ['Mul', { op: 'Mul', inputs: [x, z], output: wide }],
    ['Add of a number', { op: 'Add', inputs: [x, f32([], [0.7])], output: wide }],
    ['number minus', { op: 'Sub', inputs: [f32([1], [0.7]), x], output: wide }],
    ['Div by a number', { op: 'Div', inputs: [x, f32([], [1.7])], output: wide }],
    ['Max with a number', { op: 'Max', inputs: [x, f32([], [0])], output: wide }],
    ['Pow by a number', { op: 'Pow', inputs: [x, f32([], [2])], output: wide }],
    ['Concat', { op: 'Concat', inputs: [x, z], output: wide, attributes: axis }],
    ['ReduceMean', { op: 'ReduceMean', inputs: [x, i64([2, 3])], output: wide }],
    ['Pad', { op: 'Pad', inputs: [x, around], output: wide }],
    // 4 is beyond the range of x, and within that of the output.
    ['Pad with a number', { op: 'Pad', inputs: [x, around, f32([], [4])], output: wide }],
  ])('%s is within half a step', (_, test) => {
    expect(worstError(test)).toBeLessThan(0.51 + 1e-6);
  });
});

test.each<[string, Case]>([
  [
    'Sub of two tensors',
    { op: 'Sub', inputs: [params(1, 0, 'uint8'), params(1, 0, 'uint8')], output: params(1, 0, 'uint8') },
  ],
  [
    'mixed types',
    { op: 'Add', inputs: [params(1, 0, 'uint8'), params(1, 0, 'int8')], output: params(1, 0, 'uint8') },
  ],
  [
    'a constant of high rank',
    { op: 'Add', inputs: [params(1, 0, 'uint8'), f32([1, 1], [1])], output: params(1, 0, 'uint8') },
  ],
  [
    'Max of a number and two tensors',
    {
      op: 'Max',
      inputs: [params(1, 0, 'uint8'), f32([], [1]), params(1, 0, 'uint8')],
      output: params(1, 0, 'uint8'),
    },
  ],
])('%s has no integer form', (_, test) => {
  expect(integerForm(test)).toBeNull();
});

test('every operator has a rule, and those that stay float say why', () => {
  for (const def of ops.values())
    if (def.quantize.kind === 'float') expect(def.quantize.why.length).toBeGreaterThan(5);
});
