// Runs a subgraph over the slices of its inputs along an axis, carrying state and stacking the other outputs.
import { expected, KompaktError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { normalizeAxis, sizeOf } from '../tensor/shape.js';
import type { TensorValue } from '../tensor/tensor.js';
import {
  defineOp,
  graphAttr,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  intsAttr,
  noMacs,
  notDifferentiable,
  type ReferenceContext,
  staysFloat,
  type TensorType,
} from './op.js';
import { pick } from './shared/elements.js';
import { knownContext } from './shared/known-context.js';
import { permuted } from './shared/layout.js';
import { branchTypes, declaredType, runBody, stack } from './shared/subgraph.js';

export const scan = defineOp({
  op: 'Scan',
  domain: '',
  since: 9,
  inputs: [1, Number.POSITIVE_INFINITY],
  outputs: [1, Number.POSITIVE_INFINITY],
  attributes: {
    body: { type: 'graph' },
    num_scan_inputs: { type: 'int' },
    scan_input_axes: { type: 'ints', default: null },
    scan_input_directions: { type: 'ints', default: null },
    scan_output_axes: { type: 'ints', default: null },
    scan_output_directions: { type: 'ints', default: null },
  },
  infer,
  reference,
  gradient: notDifferentiable('the path through its bodies depends on data'),
  cost: noMacs,
  quantize: staysFloat('its body is a graph of its own'),
  lower: 'host',
});

interface Plan {
  readonly body: Graph;
  /** Number of state values. */
  readonly states: number;
  /** Axis along which each scanned input is sliced. */
  readonly axes: readonly number[];
  readonly turns: number;
}

function planOf(ctx: InferContext): Plan {
  const scanned = intAttr(ctx.node, 'num_scan_inputs');
  const states = ctx.inputs.length - scanned;
  const given = intsAttr(ctx.node, 'scan_input_axes');
  const types = ctx.inputs.slice(states).map((_, i) => inputType(ctx, states + i));
  const axes = types.map((t, i) => normalizeAxis(given?.[i] ?? 0, t.dims.length, ctx.where));
  const lengths = types.map((t, i) => t.dims[axes[i]!]!);
  if (scanned < 1 || states < 0 || lengths.some((n) => n !== lengths[0]))
    throw new KompaktError('KPT_SHAPE_MISMATCH', expected('scan inputs of one length', ctx.where, lengths));
  return { body: graphAttr(ctx.node, 'body'), states, axes, turns: lengths[0]! };
}

function infer(ctx: InferContext): readonly TensorType[] {
  const { body, states, axes, turns } = planOf(ctx);
  const inputs = ctx.inputs.map((_, i) => {
    const { dtype, dims } = inputType(ctx, i);
    return { dtype, dims: i < states ? dims : dims.toSpliced(axes[i - states]!, 1) };
  });
  return branchTypes(ctx, body, inputs).map(({ dtype, dims }, i) =>
    i < states
      ? { dtype, dims }
      : { dtype, dims: dims.toSpliced(outputAxis(ctx, i - states, dims.length), 0, turns) },
  );
}

const outputAxis = (ctx: Pick<InferContext, 'node' | 'where'>, i: number, rank: number): number =>
  normalizeAxis(intsAttr(ctx.node, 'scan_output_axes')?.[i] ?? 0, rank, ctx.where, true);

function reference(ctx: ReferenceContext): readonly TensorValue[] {
  const { body, states, axes, turns } = planOf(knownContext(ctx));
  const backwards = (name: string, i: number) => intsAttr(ctx.node, name)?.[i] === 1;
  const scanned = axes.map((_, i) => inputValue(ctx, states + i));
  let state: readonly TensorValue[] = ctx.inputs.slice(0, states).map((_, i) => inputValue(ctx, i));
  const collected = body.outputs.slice(states).map((): TensorValue[] => []);
  for (let turn = 0; turn < turns; turn++) {
    const slices = scanned.map((t, i) =>
      sliceAt(t, axes[i]!, backwards('scan_input_directions', i) ? turns - 1 - turn : turn),
    );
    const outputs = runBody(ctx, body, [...state, ...slices]);
    state = outputs.slice(0, states);
    collected.forEach((parts, i) => {
      parts.push(outputs[states + i]!);
    });
  }
  const results = collected.map((parts, i) => {
    const ordered = backwards('scan_output_directions', i) ? parts.toReversed() : parts;
    const whole = stack(ordered, declaredType(body, states + i), ctx.where);
    const axis = outputAxis(ctx, i, whole.dims.length - 1);
    const rest = whole.dims.map((_, a) => a).slice(1);
    return permuted(whole, rest.toSpliced(axis, 0, 0));
  });
  return [...state, ...results];
}

/** The slice at one position of an axis, without that axis. */
function sliceAt(t: TensorValue, axis: number, position: number): TensorValue {
  const inner = sizeOf(t.dims.slice(axis + 1));
  const dims = t.dims.toSpliced(axis, 1);
  const offsets = Float64Array.from(
    { length: sizeOf(dims) },
    (_, i) => (Math.floor(i / inner) * t.dims[axis]! + position) * inner + (i % inner),
  );
  return pick(t, dims, offsets);
}
