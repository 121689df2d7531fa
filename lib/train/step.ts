// compileStep: a model, a loss and an optimiser as one native program. Parameters, statistics and slots live in the arena
// and are written over in place; a step copies the batch in, runs, and copies loss and outputs out.
import { expected, KompaktError, requireArgument } from '../errors.js';
import { freezeGraph, type Graph } from '../graph/graph.js';
import { Engine } from '../run/engine.js';
import { check } from '../run/native.js';
import type { ReadyPlan } from '../run/ready-plan.js';
import { Run } from '../run/run.js';
import { GraphRunner } from '../run/runner.js';
import { checkRun, checkStep } from '../run/stretch.js';
import type { TypedArray } from '../tensor/dtype.js';
import { sameDims } from '../tensor/shape.js';
import { allocate, type TensorValue, tensor } from '../tensor/tensor.js';
import { AfterStep } from './after-step.js';
import { outputAxis } from './max-norm.js';
import type { StepResult, StepSettings, TrainingOptions, TrainingStep, TrainingValue } from './training.js';
import {
  completeRule,
  type StateValue,
  type TrainingGraph,
  trainingGraph,
  type UpdateGroup,
} from './training-graph.js';

/** Under which the number of steps is kept in checkpoints. */
const counterName = 'kompakt/step';

/** Memory that the step copies to or from. */
interface Port {
  readonly name: string;
  readonly value: TensorValue;
  readonly data: TypedArray;
}

const portOf = ({ name, dtype, dims }: TrainingValue): Port => {
  const data = allocate(dtype, dims);
  return { name, value: tensor(dtype, dims, data), data };
};

export function compileStep(options: TrainingOptions): TrainingStep {
  requireArgument(
    Array.isArray(options?.graph?.nodes),
    'a graph',
    'option graph of compileStep',
    options?.graph,
  );
  return new CompiledStep(options, trainingGraph(options));
}

class CompiledStep implements TrainingStep {
  readonly inputs: readonly TrainingValue[];
  readonly trainable: readonly string[];
  readonly #options: TrainingOptions;
  readonly #training: TrainingGraph;
  readonly #engine: Engine;
  readonly #runner: GraphRunner;
  readonly #ready: ReadyPlan;
  readonly #fed: readonly Port[];
  readonly #outputs: readonly Port[];
  readonly #updates: readonly (UpdateGroup & { readonly numbers: Float32Array })[];
  /** Share of the run that is done, where the graph asks for it. */
  readonly #progress: Float32Array;
  /** The counter as the arena has it: int64, of which the low word is enough. */
  readonly #counter: Int32Array;
  readonly #native: (() => number | undefined) | undefined;
  readonly #result: { loss: number; readonly outputs: ReadonlyMap<string, TensorValue> };
  readonly #after: AfterStep | undefined;
  #steps = 0;

  constructor(options: TrainingOptions, training: TrainingGraph) {
    this.#options = options;
    this.#training = training;
    this.inputs = training.inputs;
    this.trainable = training.trainable;
    const state = new Set(training.state.map(({ input }) => input));
    const types = new Map(
      training.graph.inputs.map(({ name, dtype, dims }) => [
        name,
        { dtype, dims: dims as readonly number[] },
      ]),
    );
    this.#engine = new Engine(options.threads ?? 0);
    this.#runner = new GraphRunner(training.graph, this.#engine, undefined, state);
    this.#ready = this.#runner.dedicated(types);
    const { cut } = this.#ready.plan;
    if (cut !== undefined)
      throw new KompaktError(
        'KPT_OPTION_INVALID',
        `The model cannot be trained: the shape of ${cut.node.op} node '${cut.node.name}' depends on data.`,
      );
    const hypers = training.updates.map(({ hyper }) => portOf({ name: hyper, ...types.get(hyper)! }));
    const progress = portOf({ name: options.progress ?? '', dtype: 'float32', dims: [] });
    const counter = portOf({ name: training.step, dtype: 'int64', dims: [1] });
    this.#updates = training.updates.map((group, i) => ({
      ...group,
      numbers: hypers[i]!.data as Float32Array,
    }));
    this.#progress = progress.data as Float32Array;
    this.#counter = new Int32Array(counter.data.buffer);
    const outputs = [
      { name: training.loss, dtype: 'float32', dims: [] } as const,
      ...training.predictions,
    ].map(portOf);
    this.#fed = [
      ...training.inputs.map(portOf),
      ...hypers,
      ...(options.progress === undefined ? [] : [progress]),
      counter,
    ];
    this.#outputs = outputs;
    this.#result = {
      loss: 0,
      outputs: new Map(outputs.slice(1).map(({ name, value }) => [name, value])),
    };
    for (const value of training.state) this.#write(value, value.initial);
    this.#native = this.#bind();
    this.#after = this.#afterStep();
  }

  /** What is left to do when the program has run; undefined where nothing is. */
  #afterStep(): AfterStep | undefined {
    const { graph, regularizer = {}, average, unaveraged = [] } = this.#options;
    const { maxNorm } = regularizer;
    if (maxNorm === undefined && average === undefined) return undefined;
    const limited = this.trainable.filter(
      (name) =>
        maxNorm !== undefined &&
        completeRule(this.#options, name).penalized === true &&
        graph.constants.get(name)!.dims.length > 1,
    );
    return new AfterStep(
      this.#training.state.filter(({ name }) => graph.constants.has(name)),
      {
        norms: new Map(limited.map((name) => [name, { axis: outputAxis(graph, name), most: maxNorm! }])),
        average,
        unaveraged,
        read: (value, into) => this.#copy(value, into),
        write: (value, data) => this.#write(value, { ...value.initial, data }),
      },
    );
  }

  /** The whole step as one native call; undefined when some node has no native form. */
  #bind(): (() => number | undefined) | undefined {
    const { plan, native } = this.#ready;
    const inPlace = this.#training.state.every(
      ({ input, next }) => plan.locations.get(next)?.buffer === plan.locations.get(input)?.buffer,
    );
    const buffers = (ports: readonly Port[]) => ports.map(({ name }) => plan.locations.get(name)?.buffer);
    const out = buffers(this.#outputs);
    if (!inPlace || plan.schedule.some((item) => item.kind === 'host') || out.includes(undefined))
      return undefined;
    const into = buffers(this.#fed);
    const used = this.#fed.filter((_, i) => into[i] !== undefined);
    const step = native.bind(
      into.filter((id) => id !== undefined),
      used.map(({ data }) => data),
      out as number[],
      this.#outputs.map(({ data }) => data),
    );
    if (typeof step === 'string') throw new KompaktError('KPT_INTERNAL', step);
    return step;
  }

  run(inputs: ReadonlyMap<string, TensorValue>, settings: StepSettings): StepResult {
    const { inputs: wanted } = this;
    for (let i = 0; i < wanted.length; i++) this.#feed(this.#fed[i]!, inputs.get(wanted[i]!.name));
    this.#steps++;
    this.#counter[0] = this.#steps;
    this.#progress[0] = settings.progress;
    for (const { optimizer, rate, until, numbers } of this.#updates) {
      const over = until < 1 && settings.progress >= until;
      optimizer.hyper(over ? 0 : rate * settings.learningRate, this.#steps, numbers);
    }
    if (this.#native === undefined) this.#runWithHost();
    else checkStep(this.#ready, this.#native());
    this.#after?.run(this.#steps);
    this.#result.loss = this.#outputs[0]!.data[0] as number;
    return this.#result;
  }

  #feed({ name, value, data }: Port, fed: TensorValue | undefined): void {
    if (fed === undefined)
      throw new KompaktError('KPT_INPUT_MISSING', `Input '${name}' of the training step was not fed.`, {
        input: name,
      });
    if (fed.dtype !== value.dtype || !sameDims(fed.dims, value.dims))
      throw new KompaktError(
        'KPT_SHAPE_MISMATCH',
        expected(
          `${value.dtype} [${value.dims}]`,
          `input '${name}' of the training step`,
          `${fed.dtype} [${fed.dims}]`,
        ),
      );
    (data as Float32Array).set(fed.data as Float32Array);
  }

  /** Native stretches and nodes that run by their reference, in turn; then the state is brought back to its place. */
  #runWithHost(): void {
    const { plan } = this.#ready;
    const run = new Run(
      this.#runner,
      this.#ready,
      new Map(this.#fed.map(({ name, value }) => [name, value])),
    );
    for (const item of plan.schedule)
      if (item.kind === 'native') checkRun(this.#ready, this.#ready.native.run(item.first, item.last));
      else run.host(item);
    for (const { name, data } of this.#outputs)
      (data as Float32Array).set(run.get(name).data as Float32Array);
    for (const value of this.#training.state)
      if (plan.locations.get(value.next)?.buffer !== plan.locations.get(value.input)?.buffer)
        this.#write(value, run.get(value.next));
  }

  #write({ input }: StateValue, { data }: TensorValue): void {
    check(this.#ready.native.write(this.#ready.plan.locations.get(input)!.buffer!, data as TypedArray));
  }

  #copy({ input }: StateValue, into: TypedArray): void {
    check(this.#ready.native.read(this.#ready.plan.locations.get(input)!.buffer!, into));
  }

  #read(value: StateValue): TensorValue {
    const { dtype, dims } = value.initial;
    const data = allocate(dtype, dims);
    this.#copy(value, data);
    return tensor(dtype, dims, data);
  }

  get state(): ReadonlyMap<string, TensorValue> {
    const counter = tensor('int64', [1], BigInt64Array.of(BigInt(this.#steps)));
    return new Map([
      ...this.#training.state.map((value) => [value.name, this.#read(value)] as const),
      ...(this.#after?.state() ?? []),
      [counterName, counter],
    ]);
  }

  restore(state: ReadonlyMap<string, TensorValue>): void {
    const known = this.#training.state;
    const fits = (name: string, { dtype, dims }: Pick<TensorValue, 'dtype' | 'dims'>): boolean => {
      const value = state.get(name);
      return value?.dtype === dtype && sameDims(value.dims, dims);
    };
    const averages = [...(this.#after?.state() ?? [])];
    const wrong = [
      ...averages.filter(([name, value]) => !fits(name, value)).map(([name]) => name),
      ...known.filter(({ name, initial }) => !fits(name, initial)).map(({ name }) => name),
      ...(fits(counterName, { dtype: 'int64', dims: [1] }) ? [] : [counterName]),
      ...[...state.keys()].filter(
        (name) =>
          name !== counterName &&
          !known.some((value) => value.name === name) &&
          !averages.some(([average]) => average === name),
      ),
    ];
    if (wrong.length > 0)
      throw new KompaktError(
        'KPT_DATA_MALFORMED',
        `The state is of another training: '${wrong[0]}' is absent, unknown or of another shape.`,
      );
    for (const value of known) this.#write(value, state.get(value.name)!);
    this.#after?.restore(state);
    this.#steps = Number(state.get(counterName)!.data[0]);
  }

  graph(): Graph {
    const { graph } = this.#options;
    const constants = new Map(graph.constants);
    for (const value of this.#training.state)
      if (constants.has(value.name)) constants.set(value.name, this.#read(value));
    for (const [name, average] of this.#after?.averages() ?? []) constants.set(name, average);
    return freezeGraph({ ...graph, constants });
  }

  release(): void {
    this.#runner.release();
    this.#engine.release();
  }
}
