// The graph of one training step: forward pass, loss, gradients, updates. Every value that lives from step to step is an
// input and an output; the nodes that make the new values come last.
import { KompaktError } from '../errors.js';
import { freezeGraph, type Graph, type Node } from '../graph/graph.js';
import { producersOf } from '../graph/order.js';
import { GraphWriter } from '../graph/writer.js';
import { emit, emitOwn, float, int, integers, multiply, scalar } from '../ops/gradients/emit.js';
import { dropIdentity } from '../passes/drop-identity.js';
import { fuseActivation } from '../passes/fuse-activation.js';
import { fuseMatMul } from '../passes/fuse-mat-mul.js';
import { runPipeline } from '../passes/pipeline.js';
import { isDequantize, isQuantize } from '../passes/quantized-value.js';
import { differentiate, factsOf } from '../run/differentiate.js';
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers, type TensorValue } from '../tensor/tensor.js';
import { errorOfOtherFloats } from './float-weights.js';
import { lossContext, typedValue } from './loss-context.js';
import { outputAxis } from './max-norm.js';
import { sharpGradients } from './sharpness.js';
import type { Optimizer, ParameterRule, Regularizer, TrainingOptions, TrainingValue } from './training.js';
import { parametersOf, type TrainingForm, trainingForm } from './training-form.js';

/** A value that lives from step to step. */
export interface StateValue {
  /** Its name in checkpoints: that of the model's constant, or of the parameter and slot. */
  readonly name: string;
  /** Input and output of the graph. */
  readonly input: string;
  readonly next: string;
  readonly initial: TensorValue;
}

export interface TrainingGraph {
  readonly graph: Graph;
  readonly loss: string;
  readonly predictions: readonly TrainingValue[];
  /** Model inputs and targets. */
  readonly inputs: readonly TrainingValue[];
  readonly trainable: readonly string[];
  readonly state: readonly StateValue[];
  readonly step: string;
  readonly updates: readonly UpdateGroup[];
}

/** Parameters whose updates need the same numbers in a step. */
export interface UpdateGroup {
  readonly optimizer: Optimizer;
  /** Factor on the learning rate, and share of the run after which that is 0. */
  readonly rate: number;
  readonly until: number;
  /** Input of the graph, float32 [optimizer.hypers]. */
  readonly hyper: string;
}

/** Whether the layers read weights that are integers, between roundings that can be trained. */
const isQuantized = ({ nodes, constants }: Graph): boolean =>
  nodes.some(isQuantize) &&
  nodes.some((node) => isDequantize(node) && (constants.get(node.inputs[0]!)?.dims.length ?? 0) > 1);

export function trainingGraph(options: TrainingOptions): TrainingGraph {
  const { graph: model, batch, regularizer = {}, seed = 0 } = options;
  const candidates = options.trainable ?? options.candidates ?? parametersOf(model);
  for (const name of candidates)
    if (model.constants.get(name)?.dtype !== 'float32')
      throw new KompaktError('KPT_OPTION_INVALID', `'${name}' cannot be trained: it is no float32 constant.`);
  const { progress } = options;
  const form = trainingForm(
    model,
    batch,
    progress === undefined ? candidates : [...candidates, progress],
    seed,
  );
  const writer = new GraphWriter(form.graph);
  const facts = factsOfBatch(form, model, batch);
  const targets: TrainingValue[] = [];
  const predictions = model.outputs.map(({ name }) => typedValue(facts, name));
  const loss = options.loss.build(lossContext(form.graph, writer, facts, predictions, targets));
  const trainable = options.trainable ?? candidates.filter(reaches(writer.graph(), loss));
  if (trainable.length === 0) throw nothingToTrain(model, candidates);
  const differentiated = gradientsOf(options, writer.graph([]), loss, trainable);
  const gradients = differentiated.outputs.map(({ name }) => name);

  const update = new GraphWriter(differentiated);
  const updates: UpdateGroup[] = [];
  const rules = trainable.map((name) => completeRule(options, name));
  const grouped = trainable.map((name, i) =>
    rules[i]!.penalized ? withGroups(update, regularizer, model, name, gradients[i]!) : gradients[i]!,
  );
  const scale =
    options.clipNorm === undefined
      ? ''
      : emitOwn(update, 'GradientScale', grouped, { limit: float(options.clipNorm) });
  const state: StateValue[] = form.statistics.map(({ name, next }) => ({
    name,
    input: name,
    next,
    initial: model.constants.get(name)!,
  }));
  trainable.forEach((name, i) => {
    const initial = model.constants.get(name)!;
    const { dtype, dims } = initial;
    const { within, penalized, ...rule } = rules[i]!;
    const pulled = penalized === true && (regularizer.everything === true || dims.length > 1);
    const decays = pulled || penalized === 'l2';
    const { optimizer, hyper } = groupOf(update, updates, rule);
    const slots = optimizer.slots.map((slot) => update.input(`${name}/${slot}`, { dtype, dims }));
    const next = optimizer.build(update, {
      parameter: name,
      gradient: grouped[i]!,
      slots,
      hyper,
      scale,
      l1: pulled ? (regularizer.l1 ?? 0) : 0,
      l2: decays ? (regularizer.l2 ?? 0) : 0,
      decays,
      within: pulled ? narrowed(within, regularizer.limit) : within,
    });
    state.push({ name, input: name, next: next[0]!, initial });
    slots.forEach((input, k) => {
      const zeros = fromNumbers(dtype, dims, new Float64Array(sizeOf(dims)));
      state.push({ name: `${name}/${optimizer.slots[k]}`, input, next: next[1 + k]!, initial: zeros });
    });
  });

  const scalarType = { dtype: 'float32', dims: [] } as const;
  const whole = update.graph([
    { name: loss, ...scalarType },
    ...predictions,
    ...state.map(({ next, initial: { dtype, dims } }) => ({ name: next, dtype, dims })),
  ]);
  return {
    graph: updatesLast(runPipeline(trainingPasses, whole), state),
    loss,
    predictions,
    inputs: [
      ...form.graph.inputs
        .filter(({ name }) => isFed(model, form, name))
        .map(({ name }) => typedValue(facts, name)),
      ...targets,
    ],
    trainable,
    state,
    step: form.step,
    updates,
  };
}

/** Types and values in the graph. Files made for one batch size often have it in their nodes too, as in the shapes of a Reshape. */
function factsOfBatch({ graph }: TrainingForm, model: Graph, batch: number): ReturnType<typeof factsOf> {
  try {
    return factsOf(graph, new Set());
  } catch (error) {
    const made = model.inputs.find(({ name }) => !model.constants.has(name))?.dims?.[0];
    if (!(error instanceof KompaktError) || typeof made !== 'number' || made === batch) throw error;
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `The model is made for a batch of ${made} and does not take one of ${batch}: ${error.message} Give ${made} as option batch, or export the model with a batch of open size.`,
      { batch, made },
      error,
    );
  }
}

/** At the weights, or where the loss is highest nearby; scales of quantisation and the like are no weights and stay. */
const gradientsOf = (
  options: TrainingOptions,
  graph: Graph,
  loss: string,
  trainable: readonly string[],
): Graph =>
  options.sharpness === undefined
    ? differentiate(graph, loss, trainable)
    : sharpGradients(graph, loss, trainable, {
        rho: options.sharpness,
        moves: (name) => completeRule(options, name).penalized === true,
      });

type CompleteRule = Required<ParameterRule>;

export const completeRule = ({ rules, optimizer }: TrainingOptions, name: string): CompleteRule => ({
  rate: 1,
  within: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  optimizer,
  penalized: true,
  until: 1,
  ...rules?.get(name),
});

const narrowed = (
  [low, high]: readonly [number, number],
  limit = Number.POSITIVE_INFINITY,
): readonly [number, number] => [Math.max(low, -limit), Math.min(high, limit)];

/** The group with a rule, with a new input of the graph when it is the first of its kind. */
function groupOf(
  writer: GraphWriter,
  groups: UpdateGroup[],
  { optimizer, rate, until }: Pick<CompleteRule, 'optimizer' | 'rate' | 'until'>,
): UpdateGroup {
  const known = groups.find(
    (group) => group.optimizer === optimizer && group.rate === rate && group.until === until,
  );
  if (known !== undefined) return known;
  const hyper = writer.input('hyper', { dtype: 'float32', dims: [optimizer.hypers] });
  const group = { optimizer, rate, until, hyper };
  groups.push(group);
  return group;
}

const trainingPasses = [
  { pass: dropIdentity, because: 'nodes that do nothing hide activations from the operator before' },
  { pass: fuseMatMul, because: 'products become one operator with room for an activation' },
  { pass: fuseActivation, because: 'activations whose input nobody else needs ride along' },
];

const isFed = (model: Graph, form: TrainingForm, name: string): boolean =>
  name !== form.step && !model.constants.has(name);

/** Whether a value can change the loss. */
function reaches(graph: Graph, loss: string): (name: string) => boolean {
  const producers = producersOf(graph.nodes);
  const reached = new Set<string>();
  const pending = [loss];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    pending.push(...(producers.get(name)?.inputs ?? []));
  }
  return (name) => reached.has(name);
}

/** The gradient with that of the group lasso over outputs: w / ||w|| times the root of the group's size (Yuan & Lin 2006). */
function withGroups(
  writer: GraphWriter,
  { groupLasso = 0 }: Regularizer,
  model: Graph,
  parameter: string,
  gradient: string,
): string {
  const { dims } = model.constants.get(parameter)!;
  if (groupLasso === 0 || dims.length < 2) return gradient;
  const axis = outputAxis(model, parameter);
  const others = integers(
    writer,
    'axes',
    [...dims.keys()].filter((i) => i !== axis),
  );
  const norm = emit(writer, 'ReduceL2', [parameter, others], { keepdims: int(1) });
  const guarded = emit(writer, 'Add', [norm, scalar(writer, 'float32', 1e-12)]);
  const weight = scalar(writer, 'float32', groupLasso * Math.sqrt(sizeOf(dims.toSpliced(axis, 1))));
  const pull = multiply(writer, emit(writer, 'Div', [parameter, guarded]), weight);
  return emit(writer, 'Add', [gradient, pull]);
}

/** The nodes that write over state which others read too come after all of those. */
function updatesLast(graph: Graph, state: readonly StateValue[]): Graph {
  const replaced = new Map(state.map(({ input, next }) => [next, input]));
  const readers = new Map<string, number>();
  for (const node of graph.nodes)
    for (const name of new Set(node.inputs)) readers.set(name, (readers.get(name) ?? 0) + 1);
  const isUpdate = (node: Node): boolean =>
    node.outputs.some((name) => (readers.get(replaced.get(name) ?? '') ?? 0) > 1);
  const nodes = [...graph.nodes.filter((node) => !isUpdate(node)), ...graph.nodes.filter(isUpdate)];
  return freezeGraph({ ...graph, nodes });
}

function nothingToTrain(model: Graph, candidates: readonly string[]): KompaktError {
  const other =
    candidates.length === 0 ? errorOfOtherFloats(model, 'weights in float32 to train') : undefined;
  if (other !== undefined) return other;
  const none = candidates.map((name) => `'${name}'`).join(', ');
  const how = isQuantized(model)
    ? " The model is quantised: to train it with its roundings give option quantize ('--method lsq' of the command line)."
    : '';
  return new KompaktError(
    'KPT_OPTION_INVALID',
    `Nothing can be trained: the loss depends on ${none === '' ? 'no parameter' : `none of ${none}`}.${how}`,
  );
}
