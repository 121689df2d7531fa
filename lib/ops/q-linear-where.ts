// QLinearWhere (com.microsoft): Where of 8-bit integers. Inputs: condition, X with scale and zero point, Y with scale and
// zero point, scale and zero point of the output; both sides are brought to the scale of the output.
import {
  defineOp,
  inputType,
  inputValue,
  noMacs,
  notDifferentiable,
  type ReferenceContext,
  staysFloat,
} from './op.js';
import { noActivation } from './shared/activation.js';
import { byteTable, lookUp } from './shared/byte-table.js';
import { byteInput, byteType, checkScalarParams, scalarParams } from './shared/quantized.js';
import { where } from './where.js';

const X = 1;
const Y = 4;
const Z_SCALE = 7;

/** Input i at the scale of the output. */
function rescaled(ctx: ReferenceContext, i: number) {
  const side = inputValue(ctx, i);
  const z = scalarParams(ctx, Z_SCALE, inputValue(ctx, Z_SCALE + 1).dtype);
  const table = byteTable(noActivation, scalarParams(ctx, i + 1, side.dtype), z);
  return lookUp(side, table, z.dtype === 'int8' ? 'int8' : 'uint8');
}

export const qLinearWhere = defineOp({
  op: 'QLinearWhere',
  domain: 'com.microsoft',
  since: 1,
  inputs: [9, 9],
  outputs: [1, 1],
  attributes: {},
  infer: (ctx) => {
    for (const i of [X, Y]) {
      byteInput(ctx, i, i + 2, 'a side');
      checkScalarParams(ctx, i + 1, 'a side');
    }
    checkScalarParams(ctx, Z_SCALE, 'the output');
    const dtype = byteType(ctx, Z_SCALE + 1, 'a zero point of the output');
    const sides = [X, Y].map((i) => ({ dtype, dims: inputType(ctx, i).dims }));
    return where.infer({ ...ctx, inputs: [ctx.inputs[0], ...sides] });
  },
  reference: (ctx) =>
    where.reference({ ...ctx, inputs: [inputValue(ctx, 0), rescaled(ctx, X), rescaled(ctx, Y)] }),
  gradient: notDifferentiable('it works on integers'),
  cost: noMacs,
  quantize: staysFloat('it is an integer operator already'),
  lower: 'host',
});
