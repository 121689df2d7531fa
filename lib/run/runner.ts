// GraphRunner: runs a graph for feeds of any shape. Plans are made per signature of input types and kept (least recently
// used out first); host nodes and data-dependent shapes are driven from here, everything else is one native call.
import { KompaktError } from '../errors.js';
import { GraphAbsent } from '../graph/frame.js';
import type { Graph, Node } from '../graph/graph.js';
import { capturesOf } from '../graph/uses.js';
import { type TensorType, typeOf } from '../ops/op.js';
import type { TensorValue } from '../tensor/tensor.js';
import { type DedicatedPlan, DedicatedPlans } from './dedicated-plans.js';
import type { Engine } from './engine.js';
import { check, native } from './native.js';
import { checkOutputTypes } from './output-types.js';
import { Pace, turnOfOthers } from './pace.js';
import { buildPlan, type Plan, type ScheduleItem } from './plan.js';
import { maxPlans, type PlanStore } from './plan-store.js';
import { checkPlanMemory, type ReadyPlan, releasePlan } from './ready-plan.js';
import { Run, type Targets } from './run.js';
import { checkRun, runHere, runNative } from './stretch.js';

export type Values = ReadonlyMap<string, TensorValue>;

/** What profiling knows besides the steps that the engine times itself. */
export interface HostTiming {
  runs: number;
  /** Nanoseconds per node that ran by its reference. */
  readonly host: Map<Node, number>;
}

export interface RunSettings {
  readonly signal?: AbortSignal | undefined;
  readonly targets?: Targets | undefined;
}

type NativeStretch = Extract<ScheduleItem, { kind: 'native' }>;

export class GraphRunner {
  private readonly plans = new Map<string, ReadyPlan>();
  private readonly busy = new Set<ReadyPlan>();
  private readonly bound = new DedicatedPlans();
  private timing: HostTiming | undefined;
  readonly #graph: () => Graph;

  /** `graph`: a function when it is loaded only where a plan has to be made; then `store` knows some. */
  constructor(
    graph: Graph | (() => Graph),
    private readonly engine: Engine,
    private readonly store?: PlanStore,
    /** Inputs that keep their place in the arena: see buildPlan. */
    private readonly state: ReadonlySet<string> = new Set(),
    /** Where this runner stands: see PlanStore. */
    private readonly place: readonly string[] = [],
  ) {
    this.#graph = typeof graph === 'function' ? graph : () => graph;
  }

  get graph(): Graph {
    return this.#graph();
  }

  /** Whether what it makes leaves the engine. */
  get isOutermost(): boolean {
    return this.place.length === 0;
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

  /** A plan of its own, for bound buffers. */
  dedicated(types: ReadonlyMap<string, TensorType>): DedicatedPlan {
    const ready = this.bound.add(this.make(types));
    this.store?.keep();
    return ready;
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
    const found = this.plans.get(planKey(types))?.plan;
    return found && found.nodes.length > 0 ? found : buildPlan(this.graph, types, { constant: () => 0 });
  }

  private make(types: ReadonlyMap<string, TensorType>): ReadyPlan {
    const key = planKey(types);
    const place = [...this.place, key];
    const known = this.store?.find(place);
    if (known !== undefined) {
      checkPlanMemory(known);
      const ready = this.makeNative(key, known);
      if (ready.native.error === undefined) return ready;
      this.store!.discard();
      this.engine.restart();
    }
    const plan = this.build(types);
    const ready = this.makeNative(key, plan);
    check(ready.native.error);
    return this.store === undefined ? ready : { ...ready, plan: this.store.add(place, plan) };
  }

  private build(types: ReadonlyMap<string, TensorType>): Plan {
    try {
      const plan = buildPlan(this.graph, types, this.engine, this.state);
      // Executors have no store, and graphs with outputs whose types nobody has declared.
      if (this.isOutermost && this.store !== undefined) checkOutputTypes(this.graph, plan);
      return plan;
    } catch (error) {
      this.engine.forgetConstants();
      throw error;
    }
  }

  private makeNative(key: string, plan: Plan): ReadyPlan {
    const nativePlan = new (native().NativePlan)(this.engine.session, plan.program);
    if (this.timing !== undefined) nativePlan.setProfiling(true);
    const rest = plan.cut?.rest;
    return {
      plan,
      key,
      native: nativePlan,
      rest: rest && this.inner(key, 'rest', rest),
      bodies: new Map(),
      pace: new Pace(),
    };
  }

  /** A runner for a graph inside a plan of this one. */
  private inner(key: string, holder: string, graph: Graph): GraphRunner {
    return new GraphRunner(graph, this.engine, this.store, undefined, [...this.place, key, holder]);
  }

  private evict(): void {
    for (const [key, ready] of this.plans) {
      if (this.busy.has(ready)) continue;
      this.plans.delete(key);
      releasePlan(ready);
      return;
    }
  }

  /** Runs on the calling thread. */
  runSync(feeds: Values, targets?: Targets): Map<string, TensorValue> {
    try {
      return this.ended(this.computeSync(feeds, targets));
    } catch (error) {
      this.reload(error);
      return this.ended(this.computeSync(feeds, targets));
    }
  }

  /** Runs long native stretches off the JavaScript thread. The plan is not shared while it runs. */
  async run(feeds: Values, settings: RunSettings = {}): Promise<Map<string, TensorValue>> {
    try {
      return this.ended(await this.compute(feeds, settings));
    } catch (error) {
      this.reload(error);
      return this.ended(await this.compute(feeds, settings));
    }
  }

  private ended<T>(result: T): T {
    if (this.isOutermost) this.store?.keep();
    return result;
  }

  /** Makes sure that another try will find the graphs that the store did not have; throws `error` when it is something else. */
  private reload(error: unknown): void {
    if (!(error instanceof GraphAbsent) || !this.isOutermost) throw error;
    this.store!.withdraw();
    for (const ready of this.plans.values()) if (!this.busy.has(ready)) releasePlan(ready);
    this.plans.clear();
  }

  private computeSync(feeds: Values, targets: Targets | undefined): Map<string, TensorValue> {
    const ready = this.prepare(typesOf(feeds));
    const run = new Run(this, ready, feeds, targets);
    for (const item of ready.plan.schedule)
      if (item.kind === 'native') checkRun(ready, ready.native.run(item.first, item.last));
      else run.host(item);
    const rest = run.finishNative();
    return run.outputs(rest?.runner.runSync(rest.feeds, targets));
  }

  private async compute(feeds: Values, settings: RunSettings): Promise<Map<string, TensorValue>> {
    const { signal, targets } = settings;
    const ready = this.prepare(typesOf(feeds));
    const abort = (): void => ready.native.abort();
    this.busy.add(ready);
    try {
      ready.native.clearAbort();
      signal?.addEventListener('abort', abort, { once: true });
      const { schedule } = ready.plan;
      // To be woken takes a thread as long as it takes to copy the inputs.
      if (schedule[0]?.kind === 'native' && !this.staysHere(ready)) ready.native.expect();
      const run = new Run(this, ready, feeds, targets);
      for (const item of schedule) {
        throwIfAborted(signal);
        if (item.kind === 'host') run.host(item);
        else {
          const ended = this.runStretch(ready, item);
          if (ended !== undefined && item === schedule.at(-1)) run.reserveOutputs();
          await ended;
        }
      }
      throwIfAborted(signal);
      const rest = run.finishNative();
      return run.outputs(await rest?.runner.run(rest.feeds, settings));
    } finally {
      this.busy.delete(ready);
      signal?.removeEventListener('abort', abort);
      // A run beside this one made a plan of its own, which took the place.
      if (this.plans.get(ready.key) !== ready) releasePlan(ready);
    }
  }

  /** Runs end in the order of their calls: none overtakes one that is on the other thread. */
  private staysHere({ pace }: ReadyPlan): boolean {
    return this.busy.size === 1 && pace.isShort();
  }

  private runStretch(ready: ReadyPlan, { first, last }: NativeStretch): Promise<void> | void {
    if (this.staysHere(ready)) {
      const turn = turnOfOthers();
      if (turn === undefined) return runHere(ready, first, last);
      return turn.then(() => runHere(ready, first, last));
    }
    const start = performance.now();
    return runNative(ready, first, last).then(() => ready.pace.returned(performance.now() - start));
  }

  /** Runs a graph inside a node of a plan with the outer values that it captures. */
  body(
    ready: ReadyPlan,
    node: Node,
    graph: Graph,
    feeds: Values,
    outer: (name: string) => TensorValue,
  ): readonly TensorValue[] {
    let runner = ready.bodies.get(graph);
    if (runner === undefined) {
      runner = this.inner(ready.key, `${node.name}.${attributeOf(node, graph)}`, graph);
      ready.bodies.set(graph, runner);
    }
    const all = new Map(feeds);
    for (const name of capturesOf(graph)) if (!all.has(name)) all.set(name, outer(name));
    const values = runner.runSync(all);
    return graph.outputs.map((output) => values.get(output.name)!);
  }

  memory(): { readonly arenaBytes: number; readonly weightBytes: number } {
    let arenaBytes = 0;
    for (const ready of [...this.plans.values(), ...this.bound]) arenaBytes += ready.native.arenaBytes();
    return { arenaBytes, weightBytes: this.engine.weightBytes() };
  }

  release(): void {
    for (const ready of this.plans.values()) releasePlan(ready);
    this.plans.clear();
    this.bound.release();
  }
}

/** Name of the attribute that holds a graph. */
const attributeOf = (node: Node, graph: Graph): string =>
  Object.keys(node.attributes).find((name) => node.attributes[name]!.value === graph) ?? '';

const planKey = (types: ReadonlyMap<string, TensorType>): string =>
  [...types].map(([name, t]) => `${name}:${t.container ?? ''}${t.dtype}[${t.dims.join(',')}]`).join(';');

const typesOf = (feeds: Values): Map<string, TensorType> =>
  new Map([...feeds].map(([name, value]) => [name, typeOf(value)]));

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new KompaktError('KPT_ABORTED', 'The run was aborted.', {}, signal.reason);
}
