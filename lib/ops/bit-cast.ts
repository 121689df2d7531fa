// BitCast: the bits of every element as another type of the same width.
import { dtypeFromOnnx, dtypes } from '../tensor/dtype.js';
import { allocate, tensor } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  noMacs,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { illegalType } from './shared/illegal.js';

const target = (ctx: Pick<InferContext, 'node' | 'where'>) =>
  dtypeFromOnnx(intAttr(ctx.node, 'to'), ctx.where);

/** Types of 4 bits lie one to a byte, with their sign. */
const low = { uint4: (v: number) => v & 15, int4: (v: number) => (v << 28) >> 28 } as const;

export const bitCast = defineOp({
  op: 'BitCast',
  domain: '',
  since: 26,
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { to: { type: 'int' } },
  infer: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    const to = target(ctx);
    if (dtype === 'string' || to === 'string' || dtypes[dtype].bits !== dtypes[to].bits)
      illegalType(`a type as wide as ${dtype}`, ctx.where, to);
    return [{ dtype: to, dims }];
  },
  reference: (ctx) => {
    const { data, dims } = inputValue(ctx, 0);
    const to = target(ctx);
    const out = allocate(to, dims);
    if (to === 'int4' || to === 'uint4') out.set((data as Uint8Array).map(low[to]) as never);
    else {
      const bytes = data as Uint8Array;
      new Uint8Array(out.buffer).set(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    }
    return [tensor(to, dims, out)];
  },
  gradient: notDifferentiable('it works on integers'),
  cost: noMacs,
  quantize: staysFloat('bits are not quantised numbers'),
  lower: 'host',
});
