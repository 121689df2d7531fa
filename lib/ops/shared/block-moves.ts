// DepthToSpace and SpaceToDepth: both split the axes of an image into parts and put the parts together in another
// order, which is one strided copy.
import { type Dims, sizeOf, stridesOf } from '../../tensor/shape.js';
import { allocate, type TensorValue, tensor } from '../../tensor/tensor.js';
import { inputType, inputValue, type Layout, type LowerContext, type ReferenceContext } from '../op.js';

/** Groups list, for each of N, C, H and W, the indices of its parts (outermost first) in `sizes`. */
export interface BlockMove {
  readonly sizes: Dims;
  readonly from: readonly Dims[];
  readonly to: readonly Dims[];
}

const merged = (move: BlockMove, groups: readonly Dims[]): number[] =>
  groups.map((group) => sizeOf(group.map((part) => move.sizes[part])));

export const movedDims = (move: BlockMove): number[] => merged(move, move.to);

/** Stride of every part when the merged axes are stored in `layout`. */
function partStrides(move: BlockMove, groups: readonly Dims[], layout: Layout): number[] {
  const dims = merged(move, groups);
  const [, c, h, w] = dims;
  const base = layout === 'plain' ? stridesOf(dims) : [h * w * c, 1, w * c, c];
  const strides = new Array<number>(move.sizes.length);
  groups.forEach((group, axis) => {
    let stride = base[axis];
    for (const part of [...group].reverse()) {
      strides[part] = stride;
      stride *= move.sizes[part];
    }
  });
  return strides;
}

/** Parameters of the copy, outermost axis of the output first. */
function copyParams(move: BlockMove, layout: Layout) {
  const x = partStrides(move, move.from, layout);
  const y = partStrides(move, move.to, layout);
  const order = move.sizes.map((_, part) => part).sort((p, q) => y[q] - y[p]);
  return {
    dims: order.map((part) => move.sizes[part]),
    xOffset: 0,
    xStrides: order.map((part) => x[part]),
    yOffset: 0,
    yStrides: order.map((part) => y[part]),
  };
}

export function referenceBlockMove(ctx: ReferenceContext, move: BlockMove): readonly TensorValue[] {
  const x = inputValue(ctx, 0);
  const { dims, xStrides } = copyParams(move, 'plain');
  const data = x.dtype === 'string' ? new Array<string>(x.data.length) : allocate(x.dtype, x.dims);
  for (let i = 0; i < data.length; i++) {
    let rest = i;
    let at = 0;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      at += (rest % dims[axis]) * xStrides[axis];
      rest = Math.floor(rest / dims[axis]);
    }
    data[i] = x.data[at];
  }
  return [tensor(x.dtype, movedDims(move), data)];
}

export function lowerBlockMove(ctx: LowerContext, move: BlockMove): boolean {
  const { dtype } = inputType(ctx, 0);
  if (dtype !== 'float32' && dtype !== 'uint8' && dtype !== 'int8') return false;
  const layout = ctx.layoutOf(0);
  ctx.emit('copy', [ctx.read(0, layout)], [ctx.write(0, layout)], copyParams(move, layout));
  return true;
}
