// Tells which elements are infinite, of one sign or both.

import type { Node } from '../graph/graph.js';
import { f32 } from '../tensor/tensor.js';
import { intAttr, staysFloat } from './op.js';
import { floatTypes } from './shared/elements.js';
import { predicateOp } from './shared/elementwise.js';
import { readAsIs } from './shared/layout.js';

export const isInf = predicateOp({
  op: 'IsInf',
  since: 10,
  attributes: {
    detect_negative: { type: 'int', default: 1 },
    detect_positive: { type: 'int', default: 1 },
  },
  types: floatTypes,
  quantize: staysFloat('its output is bool, not a quantised number'),
  test: ({ node }) => {
    const { negative, positive } = signsOf(node);
    return (x) => (x === Infinity && positive) || (x === -Infinity && negative);
  },
  lower: (ctx) => {
    if (ctx.inputs[0]!.dtype !== 'float32') return false;
    const { negative, positive } = signsOf(ctx.node);
    if (!negative && !positive) {
      ctx.emit('fill', [], [ctx.write(0, 'plain')], { value: 0 });
      return true;
    }
    const { buffer, layout } = readAsIs(ctx, 0);
    let x = buffer;
    if (negative && positive) {
      x = ctx.temporary('float32', buffer.dims);
      ctx.emit('unary_f32', [buffer], [x], { op: 'abs', alpha: 0, beta: 0 });
    }
    const infinity = ctx.constant(f32([], [positive ? Infinity : -Infinity]));
    ctx.emit('compare', [x, infinity], [ctx.write(0, layout)], { op: 'equal' });
    return true;
  },
});

/** Which infinities are told of. */
const signsOf = (node: Node) => ({
  negative: intAttr(node, 'detect_negative', 1) !== 0,
  positive: intAttr(node, 'detect_positive', 1) !== 0,
});
