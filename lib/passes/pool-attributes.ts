// The attributes of a MaxPool as BinaryMaxPool has them: all written out.
import { attr } from '../graph/attribute.js';
import type { Attribute, Node } from '../graph/graph.js';
import { intAttr, intsAttr, stringAttr } from '../ops/op.js';

/** undefined for padding that depends on the size of the image. */
export function poolAttributes(node: Node): Readonly<Record<string, Attribute>> | undefined {
  const padding = stringAttr(node, 'auto_pad', 'NOTSET');
  const kernel = intsAttr(node, 'kernel_shape');
  if (kernel?.length !== 2 || padding.startsWith('SAME')) return undefined;
  const pads = padding === 'VALID' ? undefined : intsAttr(node, 'pads');
  return {
    ceil_mode: attr.int(intAttr(node, 'ceil_mode', 0)),
    dilations: attr.ints(intsAttr(node, 'dilations') ?? [1, 1]),
    kernel_shape: attr.ints(kernel),
    pads: attr.ints(pads ?? [0, 0, 0, 0]),
    strides: attr.ints(intsAttr(node, 'strides') ?? [1, 1]),
  };
}
