// shareBlocks: elementwise steps, and those that change a part of their input, write over an input that nobody reads
// afterwards. The image then takes its place in the cache once instead of twice.
import type { StepKind } from '../ops/steps.js';
import type { PlanBuilder } from './plan-builder.js';

/** Steps whose output element depends on no other element of an input of the output's size. */
const elementwise: ReadonlySet<string> = new Set<StepKind>([
  'add_u8',
  'binary_f32',
  'mul_u8',
  'scale_shift_f32',
  'table_u8',
  'unary_f32',
  'unary_gradient_f32',
]);

/** Steps that change a copy of their first input here and there, and read the others meanwhile. */
const changing: ReadonlySet<string> = new Set<StepKind>(['scatter_elements', 'scatter_nd', 'tensor_scatter']);

/** To be called when all lifetimes are known. */
export function shareBlocks({ steps, buffers }: PlanBuilder): void {
  /** What the host has written it may still hold. */
  const written = new Set(steps.flatMap((step) => step.outputs.map((id) => buffers[id]!.block)));
  for (const { kind, inputs, outputs } of steps) {
    const y = buffers[outputs[0]!]!.block;
    if (y === null || y.shares !== undefined) continue;
    const blocks = inputs.map((id) => buffers[id]?.block);
    const mayDie = elementwise.has(kind)
      ? blocks
      : blocks.filter((x, i) => changing.has(kind) && i === 0 && !blocks.includes(x, 1));
    const dying = mayDie.find(
      (x) => x != null && x.last === y.first && x.bytes === y.bytes && written.has(x),
    );
    if (dying == null || dying === y) continue;
    y.shares = dying.shares ?? dying;
    y.shares.last = Math.max(y.shares.last, y.last);
  }
}
