// Sum of products over named axes: "ij,jk->ik", with an ellipsis for broadcast axes.
import { dtypes } from '../tensor/dtype.js';
import { type Dims, sizeOf, stridesOf } from '../tensor/shape.js';
import { defineOp, inputValue, notDifferentiable, type ReferenceContext, staysFloat } from './op.js';
import { einsumBody } from './shared/einsum-body.js';
import { alikeInputs, elementsOf, fromElements, numberTypes, stridedOffsets } from './shared/elements.js';
import { equationOf } from './shared/equation.js';
import { knownContext } from './shared/known-context.js';

export const einsum = defineOp({
  op: 'Einsum',
  domain: '',
  since: 12,
  inputs: [1, Number.POSITIVE_INFINITY],
  outputs: [1, 1],
  attributes: { equation: { type: 'string' } },
  infer: (ctx) => {
    const { dtype } = alikeInputs(ctx, numberTypes)[0]!;
    const { output, size } = equationOf(ctx);
    return [{ dtype, dims: output.map((name) => size.get(name)!) }];
  },
  reference,
  gradient: notDifferentiable('no rule has been written for it'),
  cost: (ctx) => ({
    macs: sizeOf([...equationOf(ctx).size.values()]) * (ctx.inputs.length - 1),
    weightBytes: 0,
  }),
  quantize: staysFloat('it has no integer form; MatMul has'),
  lower: 'host',
  inline: einsumBody,
});

function reference(ctx: ReferenceContext) {
  const { inputs, output, size } = equationOf(knownContext(ctx));
  const summed = [...size.keys()].filter((name) => !output.includes(name));
  const dimsOf = (names: readonly string[]): Dims => names.map((name) => size.get(name)!);
  const tables = inputs.map((axes, i) => {
    const { dims } = inputValue(ctx, i);
    const stride = (name: string): number =>
      stridesOf(dims).reduce((sum, s, axis) => (axes[axis] === name && dims[axis] !== 1 ? sum + s : sum), 0);
    return {
      values: elementsOf(inputValue(ctx, i)),
      outer: stridedOffsets(dimsOf(output), output.map(stride)),
      inner: stridedOffsets(dimsOf(summed), summed.map(stride)),
    };
  });
  const { dtype } = inputValue(ctx, 0);
  const [outputs, terms] = [sizeOf(dimsOf(output)), sizeOf(dimsOf(summed))];
  const integer = dtypes[dtype].integer;
  const results = Array.from({ length: outputs }, (_, o) => {
    const product = (k: number) => tables.map((t) => t.values[t.outer[o]! + t.inner[k]!]!);
    if (integer) {
      let sum = 0n;
      for (let k = 0; k < terms; k++) sum += product(k).reduce<bigint>((p, v) => p * BigInt(v), 1n);
      return sum;
    }
    let sum = 0;
    for (let k = 0; k < terms; k++) sum += product(k).reduce<number>((p, v) => p * (v as number), 1);
    return sum;
  });
  return [fromElements(dtype, dimsOf(output), results)];
}
