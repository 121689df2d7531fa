// Channels of convolutions and matrix products: inputs are summed over, outputs made, and groups tie both.
import { attr } from '../../graph/attribute.js';
import type { Dims } from '../../tensor/shape.js';
import { intAttr } from '../op.js';
import type { ChannelRule } from './channels.js';
import { type ChannelContext, type ChannelEnd, type ChannelLink, inputEnd, outputEnd } from './channels.js';
import type { FormOf } from './float-product.js';

interface Groups {
  readonly groups: number;
  /** Inputs and outputs of each. */
  readonly channels: number;
  readonly filters: number;
}

function groupsOf({ node, inputs, outputs }: ChannelContext): Groups {
  const groups = intAttr(node, 'group', 1);
  const [channels, filters] = [inputs[0]!.dims[1]! / groups, outputs[0]!.dims[1]! / groups];
  return { groups, channels, filters };
}

const isDepthwise = ({ groups, channels }: Groups): boolean => groups > 1 && channels === 1;

/** `transposed`: weights [I, O/group, ...] instead of [O, I/group, ...]. */
export const convChannels = (transposed: boolean): ChannelRule => ({
  links: (ctx) => {
    const all = groupsOf(ctx);
    const { groups, channels, filters } = all;
    const biased = ctx.inputs[2] !== undefined;
    const batch = { count: ctx.inputs[0]!.dims[0]!, ends: [inputEnd(0, 0), outputEnd(0)] };
    if (isDepthwise(all)) {
      // A channel takes its filters along, and its group.
      const inner = { inner: filters };
      const weight = inputEnd(1, 0, transposed ? {} : inner);
      const bias = biased ? [inputEnd(2, 0, inner)] : [];
      return [batch, { count: groups, ends: [inputEnd(0, 1), weight, ...bias, outputEnd(1, inner)] }];
    }
    // Groups stay, and each loses the same of its channels.
    const outer = { outer: groups };
    const bias = biased ? [inputEnd(2, 0, outer)] : [];
    const read = transposed ? inputEnd(1, 0, outer) : inputEnd(1, 1);
    const made = transposed ? inputEnd(1, 1) : inputEnd(1, 0, outer);
    return [
      batch,
      { count: channels, ends: [inputEnd(0, 1, outer), read] },
      { count: filters, ends: [made, ...bias, outputEnd(1, outer)] },
    ];
  },
  shrink: (ctx) => {
    if (!isDepthwise(groupsOf(ctx))) return ctx.node;
    const group = attr.int(ctx.fewer.inputs[0]![1]!);
    return { ...ctx.node, attributes: { ...ctx.node.attributes, group } };
  },
});

export const productChannels = (form: FormOf): ChannelRule => ({
  links: (ctx) => {
    const { transA, transB } = form(ctx.node);
    const [a, b, c] = ctx.inputs.map((type) => type?.dims);
    const y = ctx.outputs[0]!.dims;
    /** The axis of a matrix operand that counts from the end; of a vector its only one. */
    const axisOf = (dims: Dims, fromEnd: number): number => Math.max(0, dims.length - fromEnd);
    const links: ChannelLink[] = [];
    const along = (axis: number, ends: readonly ChannelEnd[]): void => {
      const at = axis - y.length + (c?.length ?? 0);
      const added = c !== undefined && at >= 0 && c[at] === y[axis] ? [inputEnd(2, at)] : [];
      links.push({ count: y[axis]!, ends: [...ends, ...added, outputEnd(axis)] });
    };
    const inner = axisOf(a!, transA && a!.length > 1 ? 2 : 1);
    links.push({
      count: a![inner]!,
      ends: [inputEnd(0, inner), inputEnd(1, axisOf(b!, transB && b!.length > 1 ? 1 : 2))],
    });
    let last = y.length;
    if (b!.length > 1) along(--last, [inputEnd(1, axisOf(b!, transB ? 2 : 1))]);
    if (a!.length > 1) along(--last, [inputEnd(0, axisOf(a!, transA ? 1 : 2))]);
    for (let axis = last - 1; axis >= 0; axis--)
      along(
        axis,
        [a!, b!].flatMap((dims, i) => {
          const at = dims.length - 2 - (last - axis);
          return at >= 0 && dims[at] === y[axis] ? [inputEnd(i, at)] : [];
        }),
      );
    return links;
  },
});
