// GraphRunner: runs a graph for feeds of any shape. Plans are made per signature of input types and kept (least recently
// used out first); host nodes and data-dependent shapes are driven from here, everything else is one native call.
import { KompaktError } from '../errors.js';
import type { Graph, Node } from '../graph/graph.js';
import { capturesOf, usesOf } from '../graph/uses.js';
import { type TensorType, typeOf } from '../ops/op.js';
import type { TensorValue } from '../tensor/tensor.js';
import type { Engine } from './engine.js';
import { check, type NativePlan, native } from './native.js';
import { Pace } from './pace.js';
import { buildPlan, type Plan, type ScheduleItem } from './plan.js';
import { Run } from './run.js';

export type Values = ReadonlyMap<string, TensorValue>;

/** A plan with its native memory. */
export interface ReadyPlan {
  readonly plan: Plan;
  readonly native: NativePlan;
  /** Runs the nodes that could not be planned, when there are any. */
  readonly rest: GraphRunner | undefined;
  /** How long its native stretches take. */
  readonly pace: Pace;
}

/** What profiling knows besides the steps that the engine times itself. */
export interface HostTiming {
  runs: number;
  /** Nanoseconds per node that ran by its reference. */
  readonly host: Map<Node, number>;
}

type NativeStretch = Extract<ScheduleItem, { kind: 'native' }>;

/** Plans kept per runner. */
export const maxPlans = 8;

/** Plans that outlive the process. */
export interface PlanStore {
  find(key: string): Plan | undefined;
  /** Called with every plan that was made because find() knew none, when the engine has packed its weights. */
  add(key: string, plan: Plan): void;
  /** Called when a plan of find() was refused; nothing of the store is used afterwards. */
  discard(): void;
}

export class GraphRunner {
  private readonly plans = new Map<string, ReadyPlan>();
  private readonly subgraphs = new Map<Graph, GraphRunner>();
  private readonly busy = new Set<ReadyPlan>();
  private timing: HostTiming | undefined;
  readonly #graph: () => Graph;

  /** `graph`: a function when it is loaded only where a plan has to be made; then `store` knows some. */
  constructor(
    graph: Graph | (() => Graph),
    private readonly engine: Engine,
    private readonly store?: PlanStore,
    /** Inputs that keep their place in the arena: see buildPlan. */
    private readonly state: ReadonlySet<string> = new Set(),
  ) {
    this.#graph = typeof graph === 'function' ? graph : () => graph;
  }

  get graph(): Graph {
    return this.#graph();
  }

  /** The plan for these input types, made when it is not there yet. */
  prepare(types: ReadonlyMap<string, TensorType>): ReadyPlan {
    const key = planKey(types);
    const found = this.plans.get(key);
    if (found !== undefined && !this.busy.has(found)) {
      this.plans.delete(key);
      this.plans.set(key, found);
      return found;
    }
    const ready = this.make(types);
    this.plans.set(key, ready);
    if (this.plans.size > maxPlans) this.evict();
    return ready;
  }

  /** A plan of its own that nobody else runs or evicts: for bound buffers. */
  dedicated(types: ReadonlyMap<string, TensorType>): ReadyPlan {
    return this.make(types);
  }

  /** Switches timing on or off in all plans, those made later included. */
  profile(on: boolean): void {
    this.timing = on ? { runs: 0, host: new Map() } : undefined;
    for (const ready of this.plans.values()) ready.native.setProfiling(on);
  }

  /** Runs and reference times since profile(true). */
  hostTiming(): HostTiming {
    return this.timing ?? { runs: 0, host: new Map() };
  }

  readyPlans(): Iterable<ReadyPlan> {
    return this.plans.values();
  }

  /** The plan for these types with its nodes, for looking at it. */
  explain(types: ReadonlyMap<string, TensorType>): Plan {
    if (this.store === undefined) return this.prepare(types).plan;
    return buildPlan(this.graph, types, { constant: () => 0 });
  }

  private make(types: ReadonlyMap<string, TensorType>): ReadyPlan {
    const key = planKey(types);
    const known = this.store?.find(key);
    if (known !== undefined) {
      const ready = this.makeNative(known);
      if (ready.native.error === undefined) return ready;
      this.store!.discard();
      this.engine.restart();
    }
    const plan = buildPlan(this.graph, types, this.engine, this.state);
    const ready = this.makeNative(plan);
    check(ready.native.error);
    this.store?.add(key, plan);
    return ready;
  }

  private makeNative(plan: Plan): ReadyPlan {
    const nativePlan = new (native().NativePlan)(this.engine.session, plan.program);
    if (this.timing !== undefined) nativePlan.setProfiling(true);
    return { plan, native: nativePlan, rest: this.makeRest(plan), pace: new Pace() };
  }

  /** The first unplanned node runs on the host; what follows it becomes a graph of its own with a runner of its own. */
  private makeRest(plan: Plan): GraphRunner | undefined {
    if (plan.rest.length <= 1) return undefined;
    const nodes = plan.rest.slice(1);
    const made = new Set(nodes.flatMap((node) => node.outputs));
    const inputs = new Set<string>();
    const use = (name: string): void => {
      if (name !== '' && !made.has(name) && !this.graph.constants.has(name)) inputs.add(name);
    };
    for (const node of nodes) usesOf(node).forEach(use);
    for (const output of this.graph.outputs) use(output.name);
    const graph: Graph = {
      ...this.graph,
      nodes,
      inputs: [...inputs].map((name) => ({ name, dtype: 'float32', dims: null })),
    };
    return new GraphRunner(graph, this.engine);
  }

  private evict(): void {
    for (const [key, ready] of this.plans) {
      if (this.busy.has(ready)) continue;
      this.plans.delete(key);
      release(ready);
      return;
    }
  }

  /** Runs on the calling thread. */
  runSync(feeds: Values): Map<string, TensorValue> {
    const ready = this.prepare(typesOf(feeds));
    const run = new Run(this, ready, feeds);
    for (const item of ready.plan.schedule)
      if (item.kind === 'native') check(ready.native.run(item.first, item.last));
      else run.host(item);
    const rest = run.finishNative();
    return rest === undefined ? run.outputs() : pick(this.graph, rest.runner.runSync(rest.feeds), rest.feeds);
  }

  /** Runs native stretches off the JavaScript thread, but for those that are shorter than the way there and back. The plan is
   *  not shared while it runs. */
  async run(feeds: Values, signal?: AbortSignal): Promise<Map<string, TensorValue>> {
    const ready = this.prepare(typesOf(feeds));
    this.busy.add(ready);
    const abort = (): void => ready.native.abort();
    ready.native.clearAbort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const run = new Run(this, ready, feeds);
      for (const item of ready.plan.schedule) {
        throwIfAborted(signal);
        if (item.kind === 'host') run.host(item);
        else await this.runStretch(ready, item);
      }
      throwIfAborted(signal);
      const rest = run.finishNative();
      if (rest === undefined) return run.outputs();
      return pick(this.graph, await rest.runner.run(rest.feeds, signal), rest.feeds);
    } finally {
      signal?.removeEventListener('abort', abort);
      this.busy.delete(ready);
    }
  }

  private runStretch(
    { native: plan, pace }: ReadyPlan,
    { first, last }: NativeStretch,
  ): Promise<void> | void {
    const start = performance.now();
    // Runs end in the order of their calls: none overtakes one that is on the other thread.
    if (this.busy.size === 1 && pace.isShort()) {
      check(plan.run(first, last));
      pace.ran(start);
      return;
    }
    return runNative(plan, first, last).then(() => pace.returned(start));
  }

  /** Runs a subgraph of a control-flow node with the outer values that it captures. */
  subgraph(graph: Graph, feeds: Values, outer: (name: string) => TensorValue): readonly TensorValue[] {
    let runner = this.subgraphs.get(graph);
    if (runner === undefined) {
      runner = new GraphRunner(graph, this.engine);
      this.subgraphs.set(graph, runner);
    }
    const all = new Map(feeds);
    for (const name of capturesOf(graph)) if (!all.has(name)) all.set(name, outer(name));
    const values = runner.runSync(all);
    return graph.outputs.map((output) => values.get(output.name)!);
  }

  memory(): { readonly arenaBytes: number; readonly weightBytes: number } {
    let arenaBytes = 0;
    for (const ready of this.plans.values()) arenaBytes += ready.native.arenaBytes();
    return { arenaBytes, weightBytes: this.engine.weightBytes() };
  }

  release(): void {
    for (const ready of this.plans.values()) release(ready);
    for (const runner of this.subgraphs.values()) runner.release();
    this.plans.clear();
    this.subgraphs.clear();
  }
}

function release(ready: ReadyPlan): void {
  ready.native.release();
  ready.rest?.release();
}

const planKey = (types: ReadonlyMap<string, TensorType>): string =>
  [...types].map(([name, t]) => `${name}:${t.container ?? ''}${t.dtype}[${t.dims.join(',')}]`).join(';');

const typesOf = (feeds: Values): Map<string, TensorType> =>
  new Map([...feeds].map(([name, value]) => [name, typeOf(value)]));

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new KompaktError('KPT_ABORTED', 'The run was aborted.', {}, signal.reason);
}

function runNative(plan: NativePlan, first: number, last: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (failure?: string): void => {
      try {
        check(failure);
        resolve();
      } catch (error) {
        reject(error);
      }
    };
    const failure = plan.runAsync(first, last, done);
    if (failure !== undefined) done(failure);
  });
}

/** Graph outputs out of what the rest produced; outputs that were complete before the cut come from its feeds. */
function pick(graph: Graph, values: Values, feeds: Values): Map<string, TensorValue> {
  return new Map(
    graph.outputs.map(({ name }) => {
      const value = values.get(name) ?? feeds.get(name) ?? graph.constants.get(name);
      return [name, value!];
    }),
  );
}
