// Quantisation rules of arithmetic operators: a table where one operand is a constant number, else the integer
// operator of two quantised operands where there is one.
import type { Node } from '../../graph/graph.js';
import type { IntegerContext, QuantizeRule, QuantParams } from '../op.js';
import { isByteScale, scalarTable } from './scalar-table.js';

/** The rule of a binary operator; `integerOp` is the com.microsoft operator of two quantised inputs, if any. */
export function arithmeticRule(
  f: (a: number, b: number) => number,
  integerOp: 'QLinearAdd' | 'QLinearMul' | null,
): QuantizeRule {
  return {
    kind: 'arithmetic',
    data: 'all',
    integer: (ctx) => scalarTable(ctx, f) ?? (integerOp === null ? null : twoScales(ctx, integerOp)),
  };
}

function twoScales(ctx: IntegerContext, op: string): readonly Node[] | null {
  const { output } = ctx;
  const operands = isByteScale(output) ? scaledInputs(ctx, output) : null;
  if (!isByteScale(output) || operands?.length !== 2) return null;
  return [
    {
      name: ctx.fresh(`${ctx.node.name}_quantized`),
      op,
      domain: 'com.microsoft',
      inputs: [...operands.flat(), ...outputScale(ctx, output)],
      outputs: [ctx.outputName],
      attributes: {},
    },
  ];
}

/** [value, scale, zero point] names of input i, or null unless it has a scale per tensor and the 8-bit type of the
 *  output. */
export function scaledInput(ctx: IntegerContext, i: number, output: QuantParams): readonly string[] | null {
  const x = ctx.quantized(i);
  if (x === undefined || !isByteScale(x.params)) return null;
  if (x.params.zeroPoint.dtype !== output.zeroPoint.dtype) return null;
  return [x.name, ctx.addConstant('scale', x.params.scale), ctx.addConstant('zero', x.params.zeroPoint)];
}

/** The same of all inputs, or null when one has none. */
export function scaledInputs(ctx: IntegerContext, output: QuantParams): (readonly string[])[] | null {
  const all = ctx.node.inputs.map((_, i) => scaledInput(ctx, i, output));
  return all.every((x) => x !== null) ? all : null;
}

/** [scale, zero point] names of the output. */
export const outputScale = (ctx: IntegerContext, output: QuantParams): readonly string[] => [
  ctx.addConstant('scale', output.scale),
  ctx.addConstant('zero', output.zeroPoint),
];
