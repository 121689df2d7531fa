// Mean over axes.

import type { Node } from '../graph/graph.js';
import { meanPart } from './gradients/reduction.js';
import { type IntegerContext, intAttr } from './op.js';
import { integersOf } from './shared/elements.js';
import { outputScale, scaledInputs } from './shared/integer-arithmetic.js';
import { reduceOp } from './shared/reduce.js';
import { isByteScale } from './shared/scalar-table.js';

export const reduceMean = reduceOp({
  op: 'ReduceMean',
  since: 1,
  float: (values) => values.reduce((sum, v) => sum + v, 0) / values.length,
  integer: (values) =>
    values.length === 0 ? 0n : values.reduce((sum, v) => sum + v, 0n) / BigInt(values.length),
  native: 'mean',
  gradient: meanPart,
  quantize: { kind: 'arithmetic', data: [0], integer },
});

/** Only with axes that are written down: QReduceMean has them as an attribute. */
function integer(ctx: IntegerContext): readonly Node[] | null {
  const { output } = ctx;
  if (!isByteScale(output)) return null;
  const axes = ctx.constant(ctx.node.inputs[1] ?? '');
  if (axes === undefined || axes.data.length === 0) return null;
  const x = scaledInputs(ctx, [0], output);
  if (x === null) return null;
  return [
    {
      name: ctx.fresh(`${ctx.node.name}_quantized`),
      op: 'QReduceMean',
      domain: 'ai.kompakt',
      inputs: [...x.flat(), ...outputScale(ctx, output)],
      outputs: [ctx.outputName],
      attributes: {
        axes: { type: 'ints', value: integersOf(axes) },
        keepdims: { type: 'int', value: intAttr(ctx.node, 'keepdims', 1) },
      },
    },
  ];
}
