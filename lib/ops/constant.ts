// A constant from its attribute. The loader turns these nodes into graph constants; here is what they mean.
import { expected, KompaktError } from '../errors.js';
import type { Node } from '../graph/graph.js';
import { integerFrom } from '../tensor/integers.js';
import { f32, type TensorValue, tensor } from '../tensor/tensor.js';
import {
  defineOp,
  floatAttr,
  floatsAttr,
  intAttr,
  intsAttr,
  noMacs,
  notDifferentiable,
  staysFloat,
  stringAttr,
  stringsAttr,
  tensorAttr,
} from './op.js';

/** One way of writing the value per attribute; exactly one is present. */
const readers: Readonly<Record<string, (node: Node, name: string) => TensorValue | undefined>> = {
  value: tensorAttr,
  value_float: (node, name) => f32([], [floatAttr(node, name)]),
  value_floats: (node, name) => list(floatsAttr(node, name), (v) => f32([v.length], v)),
  value_int: (node, name) => int64([intAttr(node, name)], []),
  value_ints: (node, name) => list(intsAttr(node, name), int64),
  value_string: (node, name) => tensor('string', [], [stringAttr(node, name)]),
  value_strings: (node, name) => list(stringsAttr(node, name), (v) => tensor('string', [v.length], v)),
};

export const constant = defineOp({
  op: 'Constant',
  domain: '',
  since: 1,
  inputs: [0, 0],
  outputs: [1, 1],
  attributes: {
    value: { type: 'tensor', default: null },
    value_float: { type: 'float', default: null },
    value_floats: { type: 'floats', default: null },
    value_int: { type: 'int', default: null },
    value_ints: { type: 'ints', default: null },
    value_string: { type: 'string', default: null },
    value_strings: { type: 'strings', default: null },
  },
  infer: (ctx) => {
    const value = valueOfNode(ctx.node, ctx.where);
    return [{ dtype: value.dtype, dims: value.dims, value }];
  },
  reference: (ctx) => [valueOfNode(ctx.node, ctx.where)],
  gradient: notDifferentiable('its outputs do not vary smoothly with its inputs'),
  cost: noMacs,
  quantize: staysFloat('it is a constant'),
  lower: 'host',
});

const list = <T>(values: readonly T[] | undefined, make: (values: readonly T[]) => TensorValue) =>
  values && make(values);

/** Saturating: an attribute holds 2^63 where a file has 2^63 - 1. */
const int64 = (values: readonly number[], dims = [values.length]): TensorValue =>
  tensor(
    'int64',
    dims,
    BigInt64Array.from(values, (v) => integerFrom(v, 'int64')),
  );

function valueOfNode(node: Node, where: string): TensorValue {
  const present = Object.keys(node.attributes).filter((name) => name in readers);
  const value = present.length === 1 ? readers[present[0]!]!(node, present[0]!) : undefined;
  if (value === undefined)
    throw new KompaktError(
      'KPT_ATTRIBUTE_INVALID',
      expected('one dense value', where, Object.keys(node.attributes)),
    );
  return value;
}
