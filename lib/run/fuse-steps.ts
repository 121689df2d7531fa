// fuseSteps: neighbouring steps that one step of the engine does without writing what lies between them to memory. What
// pays depends on concrete shapes, so this is done to the steps of a plan and not to the nodes of the graph.
import type { StepParams } from '../ops/steps.js';
import { chainAt, chainStep, maxWeightBytes } from './fuse-chains.js';
import type { PlanBuilder } from './plan-builder.js';
import type { ProgramStep } from './program.js';

/** Fuses within every stretch [first, last) of steps and returns the stretches as they are then. */
export function fuseSteps<T extends { readonly first: number; readonly last: number }>(
  builder: PlanBuilder,
  stretches: readonly T[],
): T[] {
  const { steps, stepNodes } = builder;
  /** By the last of the steps that it stands for. */
  const fused = new Map<number, ProgramStep>();
  const dropped = new Set<number>();
  const fuse = (first: number, parts: readonly ProgramStep[], whole: ProgramStep): number => {
    keepInside(builder, parts, whole);
    const last = first + parts.length - 1;
    for (let i = first; i < last; i++) dropped.add(i);
    fused.set(last, whole);
    return last;
  };
  for (const { first, last } of stretches)
    for (let i = first; i + 1 < last; i++) {
      const chain = chainAt(builder, i, last);
      const [depthwise, pointwise] = [steps[i]!, steps[i + 1]!];
      if (chain.length > 0) i = fuse(i, chain, chainStep(builder, chain));
      else {
        const step = separable(builder, depthwise, pointwise);
        if (step !== undefined) i = fuse(i, [depthwise, pointwise], step);
      }
    }
  const keptBefore = [0];
  for (let i = 0; i < steps.length; i++) keptBefore.push(keptBefore[i]! + (dropped.has(i) ? 0 : 1));
  const kept = steps.flatMap((step, i) =>
    dropped.has(i) ? [] : [{ step: fused.get(i) ?? step, node: stepNodes[i]! }],
  );
  steps.splice(0, steps.length, ...kept.map(({ step }) => step));
  stepNodes.splice(0, stepNodes.length, ...kept.map(({ node }) => node));
  return stretches.map((stretch) => ({
    ...stretch,
    first: keptBefore[stretch.first]!,
    last: keptBefore[stretch.last]!,
  }));
}

/** Takes the memory of what only `parts` knew, and keeps alive until their end what any of them reads. */
function keepInside(
  { buffers, blocks }: PlanBuilder,
  parts: readonly ProgramStep[],
  whole: ProgramStep,
): void {
  const inside = new Set(parts.slice(0, -1).map((step) => buffers[step.outputs[0]!]!.block));
  const end = Math.max(...[...inside].map((block) => block!.last));
  for (const id of whole.inputs) {
    const block = buffers[id]?.block;
    if (block != null) block.last = Math.max(block.last, end);
  }
  buffers.forEach((buffer, i) => {
    if (buffer.block !== null && inside.has(buffer.block)) buffers[i] = { ...buffer, dims: [0], block: null };
  });
  blocks.splice(0, blocks.length, ...blocks.filter((block) => !inside.has(block)));
}

/** A depthwise convolution and the pointwise one that alone reads it, as one step. */
function separable(
  builder: PlanBuilder,
  depthwise: ProgramStep,
  pointwise: ProgramStep,
): ProgramStep | undefined {
  if (depthwise.kind !== 'conv_f32' || pointwise.kind !== 'conv_f32') return undefined;
  const buffers = builder.buffers;
  const [x, w, bias, residual] = depthwise.inputs as [number, number, number, number];
  const [middle, pointWeights, pointBias, pointResidual] = pointwise.inputs as [
    number,
    number,
    number,
    number,
  ];
  const outer = depthwise.params as unknown as StepParams['conv_f32'];
  const point = pointwise.params as unknown as StepParams['conv_f32'];
  const { block } = buffers[middle]!;
  const [outputs, kernelHeight, kernelWidth, channels] = buffers[pointWeights]!.dims as [
    number,
    number,
    number,
    number,
  ];
  if (buffers[w]!.constant === null || buffers[pointWeights]!.constant === null) return undefined;
  const isDepthwise =
    outer.group === channels &&
    buffers[w]!.dims[0] === channels &&
    buffers[w]!.dims[3] === 1 &&
    residual === -1;
  const isPointwise =
    point.group === 1 &&
    kernelHeight * kernelWidth === 1 &&
    point.strides.every((stride) => stride === 1) &&
    point.pads.every((pad) => pad === 0);
  // Born with the first step and dead after the second.
  const between = middle === depthwise.outputs[0] && block !== null && block.last === block.first + 1;
  if (!isDepthwise || !isPointwise || !between || middle === pointResidual) return undefined;
  if (4 * outputs * channels > maxWeightBytes) return undefined;
  const { activation: inner, alpha: innerAlpha, beta: innerBeta, ...window } = outer;
  const { activation, alpha, beta } = point;
  const params: StepParams['separable_f32'] = {
    ...window,
    inner,
    innerAlpha,
    innerBeta,
    activation,
    alpha,
    beta,
  };
  return {
    kind: 'separable_f32',
    inputs: [x, w, bias, pointWeights, pointBias, pointResidual],
    outputs: pointwise.outputs,
    params: params as unknown as ProgramStep['params'],
  };
}
