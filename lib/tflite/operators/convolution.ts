// CONV_2D, DEPTHWISE_CONV_2D and TRANSPOSE_CONV as Conv and ConvTranspose.
import { attr } from '../../graph/attribute.js';
import type { Attribute } from '../../graph/graph.js';
import type { Convert } from '../operator.js';
import type { TfOperator } from '../schema.js';
import { type PlaneWindow, readWindow } from '../window.js';

/** Options by slot: padding, stride_w, stride_h and what the operators have at places of their own. */
interface ConvForm {
  readonly activation: number;
  readonly dilations: readonly [w: number, h: number];
  /** Brings the weight into [filters, channels of a group, height, width]. */
  readonly perm: readonly number[];
  readonly kernelAxes: readonly [h: number, w: number];
  readonly groups: (x: readonly number[], w: readonly number[]) => number;
}

/** True when a convolution may take over the padding of its input: it has none of its own. */
export const isUnpadded = ({ options }: TfOperator): boolean => options?.int8(0) === 1;

function convolution(form: ConvForm): Convert {
  return (operator) => {
    const { graph, options } = operator;
    const x = operator.input(0);
    const w = operator.input(1);
    const y = operator.output();
    const [, height, width, channels] = operator.dims4(0);
    const kernel = operator.dims4(1);
    const window = readWindow(operator, [height, width], {
      kernel: form.kernelAxes.map((axis) => kernel[axis]),
      strides: [options.int32(2), options.int32(1)],
      dilations: [options.int32(form.dilations[1], 1), options.int32(form.dilations[0], 1)],
    });
    const groups = form.groups([channels], kernel);
    if (!Number.isInteger(groups) || groups < 1)
      operator.unsupported(`${channels} channels and weights of shape [${kernel.join(',')}]`);
    const padding = graph.paddings.get(x);
    const pads = window.pads.map((pad, i) => pad + (padding?.pads[i] ?? 0));
    const inputs = [graph.real(padding?.tensor ?? x, 'first'), graph.weight(w, form.perm, x)];
    if (operator.has(2)) inputs.push(graph.bias(operator.input(2), x, w));
    const attributes = { ...windowAttributes({ ...window, pads }), group: attr.int(groups) };
    graph.storeReal(y, 'first', { op: 'Conv', inputs, attributes }, operator.activation(form.activation));
  };
}

export const windowAttributes = (window: PlaneWindow): Record<string, Attribute> => ({
  dilations: attr.ints(window.dilations),
  kernel_shape: attr.ints(window.kernel),
  pads: attr.ints(window.pads),
  strides: attr.ints(window.strides),
});

export const conv2d = convolution({
  activation: 3,
  dilations: [4, 5],
  perm: [0, 3, 1, 2],
  kernelAxes: [1, 2],
  groups: ([channels], w) => channels / w[3],
});

export const depthwiseConv2d = convolution({
  activation: 4,
  dilations: [5, 6],
  perm: [3, 0, 1, 2],
  kernelAxes: [1, 2],
  groups: ([channels]) => channels,
});

/** Inputs: output shape, weight [filters, height, width, channels], x, bias?. */
export const transposeConv: Convert = (operator) => {
  const { graph, options } = operator;
  const w = operator.input(1);
  const x = operator.input(2);
  const y = operator.output();
  const [, height, width] = operator.dims4(2);
  const [, kernelHeight, kernelWidth] = operator.dims4(1);
  const { dims } = graph.tensor(y);
  if (dims.length !== 4) operator.unsupported(`an output of shape [${dims.join(',')}]`);
  // The window of the convolution that this one turns around: from its output back to its input.
  const window = readWindow(operator, [dims[1], dims[2]], {
    kernel: [kernelHeight, kernelWidth],
    strides: [options.int32(2), options.int32(1)],
    dilations: [1, 1],
  });
  // Where the convolution's windows leave the end of its input out, the turned one has to reach further.
  const extra = [height, width].map((size, i) => {
    const reach = (size - 1) * window.strides[i] + window.kernel[i] - window.pads[i] - window.pads[i + 2];
    return dims[i + 1] - reach;
  });
  if (extra.some((rows, i) => rows < 0 || rows >= window.strides[i]))
    operator.unsupported(`an output of shape [${dims.join(',')}] from ${height}x${width}`);
  const inputs = [graph.real(x, 'first'), graph.weight(w, [3, 0, 1, 2], x)];
  if (operator.has(3)) inputs.push(graph.bias(operator.input(3), x, w));
  const attributes = { ...windowAttributes(window), output_padding: attr.ints(extra) };
  graph.storeReal(y, 'first', { op: 'ConvTranspose', inputs, attributes }, operator.activation(3));
};
