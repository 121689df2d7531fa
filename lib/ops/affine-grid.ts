// The grid of points that GridSample reads for an affine transform of an image: theta [N,r,r+1] to [N,size...,r].
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputValue,
  intAttr,
  needValue,
  noMacs,
  notDifferentiable,
  staysFloat,
} from './op.js';
import { floatTypes, integersOf, typedInput } from './shared/elements.js';
import { illegalShape } from './shared/illegal.js';
import { knownContext } from './shared/known-context.js';

export const affineGrid = defineOp({
  op: 'AffineGrid',
  domain: '',
  since: 20,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: { align_corners: { type: 'int', default: 0 } },
  infer: (ctx) => {
    const size = sizeIn(ctx);
    return [
      { dtype: typedInput(ctx, 0, floatTypes).dtype, dims: [size[0], ...size.slice(2), size.length - 2] },
    ];
  },
  reference: (ctx) => {
    const [batch, , ...spatial] = sizeIn(knownContext(ctx));
    const corners = intAttr(ctx.node, 'align_corners', 0) === 1;
    const rank = spatial.length;
    const points = sizeOf(spatial);
    const theta = toNumbers(inputValue(ctx, 0));
    const y = new Float64Array(batch * points * rank);
    for (let p = 0; p < points; p++) {
      let rest = p;
      // x belongs to the last axis.
      const point = [...spatial.keys()].map((i) => {
        const size = spatial[rank - 1 - i];
        const at = rest % size;
        rest = Math.floor(rest / size);
        if (!corners) return (2 * at + 1) / size - 1;
        return size === 1 ? 0 : (2 * at) / (size - 1) - 1;
      });
      for (let n = 0; n < batch; n++)
        for (let row = 0; row < rank; row++) {
          const first = (n * rank + row) * (rank + 1);
          const sum = point.reduce((total, v, i) => total + v * theta[first + i], theta[first + rank]);
          y[(n * points + p) * rank + row] = sum;
        }
    }
    return [fromNumbers(inputValue(ctx, 0).dtype, [batch, ...spatial, rank], y)];
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: noMacs,
  quantize: staysFloat('its grid needs more than 8 bits'),
  lower: 'host',
});

/** [N,C,spatial...], checked against theta. */
function sizeIn(ctx: InferContext): number[] {
  const { dims } = typedInput(ctx, 0, floatTypes);
  const size = integersOf(needValue(ctx, 1));
  const rank = size.length - 2;
  const fits = dims.length === 3 && dims[0] === size[0] && dims[1] === rank && dims[2] === rank + 1;
  if ((rank !== 2 && rank !== 3) || !fits)
    illegalShape('theta [N,r,r+1] for a size [N,C,...r]', ctx.where, [dims, size]);
  return size;
}
