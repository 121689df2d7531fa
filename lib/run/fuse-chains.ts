// Chains: convolutions, poolings and a change of layout in a row, each the only reader of what the one before it makes, as
// one step that goes through the image line by line. Large tensors between them then never go to memory and back.
import type { StepParams } from '../ops/steps.js';
import { bytesPerElement } from '../tensor/dtype.js';
import { sameDims, sizeOf } from '../tensor/shape.js';
import type { PlanBuilder, PlannedBuffer } from './plan-builder.js';
import type { ProgramStep } from './program.js';

/** Bytes of weights of one step that stay in cache while line after line of the image meets them. */
export const maxWeightBytes = 64 * 1024;

/** Smaller tensors stay in the cache on their way from one step to the next, and whole ones make taller products. */
const leastBytes = 256 * 1024;

/** Two threads both make the lines that their bands of the image need at the border between them. This part of all work may
 *  be done twice for it: with four threads, and three borders, that is still far less than memory would cost. */
const mostExtraWork = 1 / 16;

/** Most stages of a step chain_f32 (native/ops/chain_f32.cc). */
const maxStages = 32;

/** The steps from `first` on, none beyond `last`, that are one chain; fewer than two are none. */
export function chainAt(builder: PlanBuilder, first: number, last: number): readonly ProgramStep[] {
  const { steps } = builder;
  let end = first;
  if (!isStage(builder, steps[first]!) && !isChannelsLast(builder, steps[first]!)) return [];
  while (++end < last && end - first < maxStages)
    if (
      !isStage(builder, steps[end]!) ||
      !isLink(builder, steps[end - 1]!, steps[end]!) ||
      extraWork(builder, steps.slice(first, end + 1)) > mostExtraWork
    )
      break;
  return end - first < 2 ? [] : steps.slice(first, end);
}

/** The step that does what `chain` does. */
export function chainStep(builder: PlanBuilder, chain: readonly ProgramStep[]): ProgramStep {
  const { buffers } = builder;
  const params: Record<string, number | string | readonly number[]> = {
    inputs: chain.map((step) => step.inputs.length - 1),
  };
  chain.forEach((step, i) => {
    params[`${i}.kind`] = step.kind;
    if (step.kind !== 'copy')
      for (const [name, value] of Object.entries(step.params)) params[`${i}.${name}`] = value;
    if (i + 1 < chain.length) params[`${i}.dims`] = buffers[step.outputs[0]!]!.dims;
  });
  return {
    kind: 'chain_f32',
    inputs: [chain[0]!.inputs[0]!, ...chain.flatMap((step) => step.inputs.slice(1))],
    outputs: chain.at(-1)!.outputs,
    params,
  };
}

/** Whether `after` alone reads the output of `before`, which is large. */
function isLink({ buffers }: PlanBuilder, before: ProgramStep, after: ProgramStep): boolean {
  const { dtype, dims, block } = buffers[before.outputs[0]!]!;
  return (
    after.inputs.indexOf(before.outputs[0]!) === 0 &&
    after.inputs.lastIndexOf(before.outputs[0]!) === 0 &&
    block?.last === block!.first + 1 &&
    sizeOf(dims) * bytesPerElement(dtype) >= leastBytes
  );
}

function isStage({ buffers }: PlanBuilder, { kind, inputs, params }: ProgramStep): boolean {
  const x = buffers[inputs[0]!]!;
  if (kind === 'max_pool') return x.dtype === 'float32';
  if (kind !== 'conv_f32' || x.dims.length !== 4) return false;
  const w = buffers[inputs[1]!]!;
  const { group } = params as unknown as StepParams['conv_f32'];
  const depthwise = group === x.dims[3] && group === w.dims[0];
  return w.constant !== null && (group === 1 || depthwise) && weightBytes(w) <= maxWeightBytes;
}

/** The part of the work of a chain that a border between two bands adds. */
function extraWork({ buffers }: PlanBuilder, chain: readonly ProgramStep[]): number {
  let [extra, all] = [0, 0];
  /** Lines of the output of a step that both threads make. */
  let shared = 0;
  for (const { kind, inputs, outputs, params } of [...chain].reverse()) {
    const [, height, width, channels] = buffers[outputs[0]!]!.dims as [number, number, number, number];
    const window = params as unknown as Partial<StepParams['max_pool']>;
    const [kernel, ...taps] =
      kind === 'conv_f32' ? buffers[inputs[1]!]!.dims.slice(1) : (window.kernel ?? [1]);
    const work = taps.reduce((a, b) => a * b, kernel!) * width * channels;
    extra += shared * work;
    all += height * work;
    const [stride, dilation] = [window.strides?.[0] ?? 1, window.dilations?.[0] ?? 1];
    shared = Math.max(0, (shared - 1) * stride + (kernel! - 1) * dilation + 1);
  }
  return extra / all;
}

const weightBytes = ({ dtype, dims }: PlannedBuffer): number => sizeOf(dims) * bytesPerElement(dtype);

/** Whether the step copies an image from channels first to channels last. */
function isChannelsLast({ buffers }: PlanBuilder, { kind, inputs, outputs, params }: ProgramStep): boolean {
  if (kind !== 'copy') return false;
  const [x, y] = [buffers[inputs[0]!]!, buffers[outputs[0]!]!];
  if (x.dims.length !== 4 || y.dims.length !== 4 || x.dtype !== 'float32') return false;
  const [n, c, h, w] = x.dims as [number, number, number, number];
  const copy = params as unknown as StepParams['copy'];
  const pixels = h * w;
  return (
    sameDims(y.dims, [n, h, w, c]) &&
    sameDims(copy.dims, [n, pixels, c]) &&
    sameDims(copy.xStrides, [c * pixels, 1, pixels]) &&
    sameDims(copy.yStrides, [c * pixels, c, 1]) &&
    copy.xOffset === 0 &&
    copy.yOffset === 0
  );
}
