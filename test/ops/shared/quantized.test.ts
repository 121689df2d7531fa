// A zero point has the type of what it belongs to, in every integer operator.
import type { Attribute } from '../../../lib/graph/graph.js';
import { opOf } from '../../../lib/ops/index.js';
import type { TensorType } from '../../../lib/ops/op.js';
import type { DType } from '../../../lib/tensor/dtype.js';

/** Inputs as 'dtype[dims]', and the places of the zero points of data inputs. */
const operators: readonly [string, string, readonly string[], readonly number[]][] = [
  ['QLinearConv', '', ['u[1,2,3,3]', 's', 'u', 'i[2,2,1,1]', 's', 'i', 's', 'u'], [2, 5]],
  ['QConv', 'ai.kompakt', ['u[1,2,3,3]', 's', 'u', 'i[2,2,1,1]', 's', 'i', 's', 'u'], [2, 5]],
  [
    'QConv',
    'ai.kompakt',
    // biome-ignore format: one row an operator
    ['u[1,2,3,3]', 's', 'u', 'i[2,2,1,1]', 's', 'i', 's', 'u', 'b[2]', 'u[1,2,3,3]', 's', 'u', 's', 'u'],
    [11],
  ],
  ['ConvInteger', '', ['u[1,2,3,3]', 'i[2,2,1,1]', 'u', 'i'], [2, 3]],
  ['ConvIntegerToFloat', 'ai.kompakt', ['u[1,2,3,3]', 'i[2,2,1,1]', 's', 's', 'u', 'i'], [4, 5]],
  ['MatMulInteger', '', ['u[2,3]', 'i[3,4]', 'u', 'i'], [2, 3]],
  ['MatMulIntegerToFloat', 'com.microsoft', ['u[2,3]', 'i[3,4]', 's', 's', 'u', 'i'], [4, 5]],
  ['DynamicQuantizeMatMul', 'com.microsoft', ['s[2,3]', 'i[3,4]', 's', 'i'], [3]],
  ['QLinearMatMul', '', ['u[2,3]', 's', 'u', 'i[3,4]', 's', 'i', 's', 'u'], [2, 5]],
  ['QGemm', 'com.microsoft', ['u[2,3]', 's', 'u', 'i[3,4]', 's', 'i'], [2, 5]],
  ['QLinearAdd', 'com.microsoft', ['u[2]', 's', 'u', 'u[2]', 's', 'u', 's', 'u'], [2, 5]],
  ['QLinearMul', 'com.microsoft', ['u[2]', 's', 'u', 'u[2]', 's', 'u', 's', 'u'], [2, 5]],
  ['QLinearConcat', 'com.microsoft', ['s', 'u', 'u[2]', 's', 'u', 'u[3]', 's', 'u'], [4, 7]],
  ['QLinearSigmoid', 'com.microsoft', ['u[2]', 's', 'u', 's', 'u'], [2]],
  ['QLinearWhere', 'com.microsoft', ['o[2]', 'u[2]', 's', 'u', 'u[2]', 's', 'u', 's', 'u'], [3, 6]],
  ['DequantizeLinear', '', ['u[2]', 's', 'u'], [2]],
];

const names: Readonly<Record<string, DType>> = {
  u: 'uint8',
  i: 'int8',
  s: 'float32',
  b: 'int32',
  o: 'bool',
};
const typeOf = (text: string): TensorType => ({
  dtype: names[text[0]!]!,
  dims: text.length > 1 ? JSON.parse(text.slice(1)) : [],
});

const infer = (op: string, domain: string, inputs: readonly TensorType[]): readonly TensorType[] => {
  const attributes: Record<string, Attribute> = { axis: { type: 'int', value: 0 } };
  const node = { name: 'n', op, domain, inputs: inputs.map((_, i) => `i${i}`), outputs: ['y'], attributes };
  return opOf(node).infer({ node, opset: 18, inputs, value: () => undefined, where: `${op} node 'n'` });
};

test.each(operators)('%s of %s %j', (op, domain, texts, zeros) => {
  const types = texts.map(typeOf);
  expect(infer(op, domain, types)).toHaveLength(1);
  for (const zero of zeros) {
    const other = types[zero]!.dtype === 'uint8' ? 'int8' : 'uint8';
    const wrong = types.map((type, i) => (i === zero ? { ...type, dtype: other as DType } : type));
    expect(() => infer(op, domain, wrong)).toThrow(expect.objectContaining({ code: 'KPT_TYPE_MISMATCH' }));
  }
});
