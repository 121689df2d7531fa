// The sliding window of convolutions and poolings: kernel, strides, dilations and padding over the spatial axes, read
// from the attributes that all of them share.
import type { Node } from '../../graph/graph.js';
import type { Dims } from '../../tensor/shape.js';
import { type AttributeSpec, intAttr, intsAttr, stringAttr } from '../op.js';
import { illegalAttribute, illegalShape } from './illegal.js';

/** One entry per spatial axis in each list. */
export interface Window {
  readonly kernel: Dims;
  readonly strides: Dims;
  readonly dilations: Dims;
  readonly padsBegin: Dims;
  readonly padsEnd: Dims;
  /** Spatial dims of the input and of the output. */
  readonly input: Dims;
  readonly output: Dims;
}

/** Attributes of every operator with a window. */
export const windowAttributes: Readonly<Record<string, AttributeSpec>> = {
  auto_pad: { type: 'string', default: 'NOTSET' },
  dilations: { type: 'ints', default: null },
  kernel_shape: { type: 'ints', default: null },
  pads: { type: 'ints', default: null },
  strides: { type: 'ints', default: null },
};

const autoPads = ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID'] as const;
type AutoPad = (typeof autoPads)[number];

interface WindowAttributes {
  readonly autoPad: AutoPad;
  readonly strides: Dims;
  readonly dilations: Dims;
  readonly pads: Dims;
}

/** Steps take 32-bit numbers; nothing sane comes near. */
const largest = 2 ** 31 - 1;

function perAxis(
  node: Node,
  name: string,
  length: number,
  minimum: number,
  fill: number,
  where: string,
): Dims {
  const values = intsAttr(node, name) ?? new Array<number>(length).fill(fill);
  if (values.length !== length || values.some((v) => v < minimum || v > largest))
    illegalAttribute(`attribute ${name} with ${length} integers of at least ${minimum}`, where, values);
  return values;
}

function readAttributes(node: Node, rank: number, where: string): WindowAttributes {
  const autoPad = stringAttr(node, 'auto_pad', 'NOTSET') as AutoPad;
  if (!autoPads.includes(autoPad)) illegalAttribute(`auto_pad ${autoPads.join(', ')}`, where, autoPad);
  return {
    autoPad,
    strides: perAxis(node, 'strides', rank, 1, 1, where),
    dilations: perAxis(node, 'dilations', rank, 1, 1, where),
    pads: perAxis(node, 'pads', 2 * rank, 0, 0, where),
  };
}

/** The kernel_shape attribute, checked against the weight's own kernel where there is a weight. */
export function readKernel(node: Node, rank: number, where: string, weight?: Dims): Dims {
  const attribute = intsAttr(node, 'kernel_shape');
  if (attribute === undefined && weight === undefined)
    illegalAttribute('attribute kernel_shape', where, undefined);
  const kernel = attribute ?? (weight as Dims);
  if (kernel.length !== rank || kernel.some((k) => k < 1))
    illegalAttribute(`kernel_shape of ${rank} positive integers`, where, kernel);
  if (weight !== undefined && kernel.some((k, i) => k !== weight[i]))
    illegalShape(`weights with the kernel [${kernel.join(',')}]`, where, weight);
  return kernel;
}

const extent = (kernel: number, dilation: number): number => (kernel - 1) * dilation + 1;

/** Splits padding over both ends; SAME_LOWER puts the odd one first. */
function split(total: number, lower: boolean): readonly [number, number] {
  const small = Math.floor(total / 2);
  return lower ? [total - small, small] : [small, total - small];
}

/** The window of a convolution or pooling over an input with these spatial dims. */
export function readWindow(node: Node, where: string, input: Dims, kernel: Dims): Window {
  const rank = input.length;
  const { autoPad, strides, dilations, pads } = readAttributes(node, rank, where);
  const ceil = intAttr(node, 'ceil_mode', 0) !== 0;
  const axes = input.map((size, i) => {
    const span = extent(kernel[i], dilations[i]);
    const stride = strides[i];
    if (autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER') {
      const output = Math.ceil(size / stride);
      const [begin, end] = split(Math.max(0, (output - 1) * stride + span - size), autoPad === 'SAME_LOWER');
      return { begin, end, output };
    }
    const [begin, end] = autoPad === 'VALID' ? [0, 0] : [pads[i], pads[rank + i]];
    const steps = (size + begin + end - span) / stride;
    let output = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // Rounded up, the last window may not start in the padding at the end.
    if (ceil && (output - 1) * stride >= size + begin) output--;
    return { begin, end, output };
  });
  const output = axes.map((axis) => axis.output);
  if (output.some((size) => size < 1))
    illegalShape(`spatial dims that hold the window [${kernel.join(',')}]`, where, input);
  return {
    kernel,
    strides,
    dilations,
    padsBegin: axes.map((axis) => axis.begin),
    padsEnd: axes.map((axis) => axis.end),
    input,
    output,
  };
}

/** The window of a transposed convolution: output and padding follow from output_shape or output_padding. */
export function readTransposedWindow(node: Node, where: string, input: Dims, kernel: Dims): Window {
  const rank = input.length;
  const { autoPad, strides, dilations, pads } = readAttributes(node, rank, where);
  const extra = perAxis(node, 'output_padding', rank, 0, 0, where);
  const wanted = intsAttr(node, 'output_shape')?.slice(-rank);
  const axes = input.map((size, i) => {
    const full = strides[i] * (size - 1) + extra[i] + extent(kernel[i], dilations[i]);
    const same = autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER';
    const output = wanted?.[i] ?? (same ? size * strides[i] : undefined);
    if (output !== undefined) {
      const [begin, end] = split(Math.max(0, full - output), autoPad !== 'SAME_UPPER');
      return { begin, end, output };
    }
    const [begin, end] = autoPad === 'VALID' ? [0, 0] : [pads[i], pads[rank + i]];
    return { begin, end, output: full - begin - end };
  });
  const output = axes.map((axis) => axis.output);
  if (output.some((size) => size < 1)) illegalShape('a transposed convolution with an output', where, output);
  return {
    kernel,
    strides,
    dilations,
    padsBegin: axes.map((axis) => axis.begin),
    padsEnd: axes.map((axis) => axis.end),
    input,
    output,
  };
}

/** For one axis: the input index under tap k of output o at [o * kernel + k], -1 in the padding. */
export type Taps = Int32Array;

export function forwardTaps(window: Window): readonly Taps[] {
  return window.kernel.map((kernel, axis) => {
    const taps = new Int32Array(window.output[axis] * kernel);
    for (let o = 0; o < window.output[axis]; o++)
      for (let k = 0; k < kernel; k++) {
        const at = o * window.strides[axis] - window.padsBegin[axis] + k * window.dilations[axis];
        taps[o * kernel + k] = at >= 0 && at < window.input[axis] ? at : -1;
      }
    return taps;
  });
}

/** For output `o` of one axis: the taps that may meet the input, from the first to one past the last that do. Windows
 *  may reach far into the padding: nothing here takes time or memory for that. */
export function tapsInside(window: Window, axis: number, o: number, end = window.input[axis]) {
  const start = o * window.strides[axis] - window.padsBegin[axis];
  const dilation = window.dilations[axis];
  const upTo = (limit: number): number =>
    Math.min(window.kernel[axis], Math.max(0, Math.ceil((limit - start) / dilation)));
  return { start, dilation, first: upTo(0), last: upTo(end) };
}

/** A transposed convolution seen from its output: which input element reaches output o through tap k. */
export function transposedTaps(window: Window): readonly Taps[] {
  return window.kernel.map((kernel, axis) => {
    const stride = window.strides[axis];
    const taps = new Int32Array(window.output[axis] * kernel);
    for (let o = 0; o < window.output[axis]; o++)
      for (let k = 0; k < kernel; k++) {
        const scaled = o + window.padsBegin[axis] - k * window.dilations[axis];
        const at = scaled / stride;
        taps[o * kernel + k] = scaled % stride === 0 && at >= 0 && at < window.input[axis] ? at : -1;
      }
    return taps;
  });
}
