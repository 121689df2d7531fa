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
  const operands = isByteScale(output) ? scaledInputs(ctx, [0, 1], output) : null;
  if (!isByteScale(output) || operands === null) return null;
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

/** Input i when it has one scale for the whole tensor and the 8-bit type of the output, else null. */
function scaled(ctx: IntegerContext, i: number, output: QuantParams) {
  const x = ctx.quantized(i);
  const fits = isByteScale(x?.params) && x!.params.zeroPoint.dtype === output.zeroPoint.dtype;
  return fits ? x! : null;
}

/** [value, scale, zero point] names of the given inputs, or null when one does not fit: then nothing is added. */
export function scaledInputs(
  ctx: IntegerContext,
  inputs: readonly number[],
  output: QuantParams,
): (readonly string[])[] | null {
  const all = inputs.map((i) => scaled(ctx, i, output));
  if (!all.every((x) => x !== null)) return null;
  return all.map((x) => [
    x.name,
    ctx.addConstant('scale', x.params.scale),
    ctx.addConstant('zero', x.params.zeroPoint),
  ]);
}

/** [scale, zero point] names of the output. */
export const outputScale = (ctx: IntegerContext, output: QuantParams): readonly string[] => [
  ctx.addConstant('scale', output.scale),
  ctx.addConstant('zero', output.zeroPoint),
];
