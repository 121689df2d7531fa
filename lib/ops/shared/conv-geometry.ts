// Shapes of convolutions: what attributes and input dims say about one Conv or ConvTranspose of any domain.
import type { Node } from '../../graph/graph.js';
import type { Dims } from '../../tensor/shape.js';
import { type AttributeSpec, intAttr } from '../op.js';
import type { ConvGeometry } from './convolution.js';
import { illegalShape } from './illegal.js';
import { readKernel, readTransposedWindow, readWindow, windowAttributes } from './window.js';

export const convAttributes: Readonly<Record<string, AttributeSpec>> = {
  ...windowAttributes,
  group: { type: 'int', default: 1 },
};

export const convTransposeAttributes: Readonly<Record<string, AttributeSpec>> = {
  ...convAttributes,
  output_padding: { type: 'ints', default: null },
  output_shape: { type: 'ints', default: null },
};

function checkDims(x: Dims, w: Dims, group: number, where: string): void {
  if (x.length < 3 || x.length > 5) illegalShape('an input with one to three spatial axes', where, x);
  if (w.length !== x.length) illegalShape(`weights of rank ${x.length}`, where, w);
  if (group < 1) illegalShape('a positive group', where, group);
}

/** Weights [O, I/group, kernel...]. */
export function convGeometry(node: Node, where: string, x: Dims, w: Dims): ConvGeometry {
  const groups = intAttr(node, 'group', 1);
  checkDims(x, w, groups, where);
  if (w[1] * groups !== x[1])
    illegalShape(`${w[1] * groups} input channels (weights [${w.join(',')}], group ${groups})`, where, x);
  if (w[0] % groups !== 0) illegalShape(`output channels in ${groups} groups`, where, w);
  const kernel = readKernel(node, x.length - 2, where, w.slice(2));
  return {
    window: readWindow(node, where, x.slice(2), kernel),
    transposed: false,
    batch: x[0],
    groups,
    channels: w[1],
    filters: w[0] / groups,
  };
}

/** Weights [I, O/group, kernel...]. */
export function convTransposeGeometry(node: Node, where: string, x: Dims, w: Dims): ConvGeometry {
  const groups = intAttr(node, 'group', 1);
  checkDims(x, w, groups, where);
  if (w[0] !== x[1]) illegalShape(`${w[0]} input channels (weights [${w.join(',')}])`, where, x);
  if (w[0] % groups !== 0) illegalShape(`input channels in ${groups} groups`, where, w);
  const kernel = readKernel(node, x.length - 2, where, w.slice(2));
  return {
    window: readTransposedWindow(node, where, x.slice(2), kernel),
    transposed: true,
    batch: x[0],
    groups,
    channels: w[0] / groups,
    filters: w[1],
  };
}
