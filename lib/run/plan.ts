// buildPlan: a graph and concrete input types -> a flat native program and a schedule. Native stretches alternate with host
// nodes (operators that run by their reference); where a shape depends on data the plan ends and `rest` goes on at run time.
import { type Graph, type Node, opKey } from '../graph/graph.js';
import { usesOf } from '../graph/uses.js';
import { opOf } from '../ops/index.js';
import { NeedsData, type TensorType, typeOf } from '../ops/op.js';
import type { TensorValue } from '../tensor/tensor.js';
import { type Cut, cutBefore } from './cut.js';
import { bodyContext } from './differentiate.js';
import { fuseSteps } from './fuse-steps.js';
import { shareBlocks } from './in-place.js';
import { checkResults, type Facts, inferContext, inferNode } from './inference.js';
import { Inliner } from './inline.js';
import { planMemory } from './memory-plan.js';
import { type ConstantStore, LoweringContext, PlanBuilder } from './plan-builder.js';
import { encodeProgram, fitsArena, maxRank } from './program.js';
import { checkPlanMemory } from './ready-plan.js';

export type ScheduleItem =
  | { readonly kind: 'native'; readonly first: number; readonly last: number }
  /** Runs by its reference; its inputs are found by name. `opset`: of its domain. */
  | { readonly kind: 'host'; readonly node: Node; readonly opset: number };

/** Where a value can be found while the plan runs. */
export interface Location {
  readonly type: TensorType;
  readonly known: TensorValue | undefined;
  /** Plain buffer in the arena, when there is one. */
  readonly buffer: number | undefined;
  readonly fromHost: boolean;
}

export interface NodePlan {
  readonly node: Node;
  /** Steps of the node; 0 for folded nodes and views. */
  readonly steps: number;
  readonly host: boolean;
  readonly folded: boolean;
  readonly outputs: readonly TensorType[];
}

export interface Owner {
  readonly name: string;
  readonly op: string;
}

export interface Plan {
  readonly program: Uint8Array;
  readonly arenaBytes: number;
  readonly schedule: readonly ScheduleItem[];
  readonly locations: ReadonlyMap<string, Location>;
  /** Names of the graph's outputs. */
  readonly outputs: readonly string[];
  /** Node index and kind of every step. */
  readonly stepNodes: readonly number[];
  readonly stepKinds: readonly string[];
  /** Name and operator of the node behind each index of `stepNodes`. */
  readonly owners: readonly Owner[];
  /** Empty for a plan that came from a cache: such a plan knows how to run, not why. */
  readonly nodes: readonly NodePlan[];
  /** Where a shape depends on data; undefined for a static model. */
  readonly cut: Cut | undefined;
}

/** `state`: inputs that keep their place in the arena from run to run; nodes that write over them (LowerContext.writeOver)
 *  must come after all others that read them. */
export function buildPlan(
  graph: Graph,
  inputTypes: ReadonlyMap<string, TensorType>,
  constants: ConstantStore,
  state: ReadonlySet<string> = new Set(),
): Plan {
  const builder = new PlanBuilder(constants, state);
  for (const [name, value] of graph.constants)
    builder.values.set(name, { type: typeOf(value), known: value, fromHost: false, born: 0 });
  for (const [name, type] of inputTypes)
    builder.values.set(name, { type, known: undefined, fromHost: true, born: 0 });
  const facts: Facts = (name) => {
    const value = builder.values.get(name);
    if (value === undefined) return undefined;
    return value.known === undefined ? { type: value.type } : { type: value.type, value: value.known };
  };

  for (const name of state) builder.read(name, 'plain');

  const schedule: ScheduleItem[] = [];
  const nodes: NodePlan[] = [];
  let firstStep = 0;
  const closeNative = (): void => {
    if (builder.steps.length > firstStep)
      schedule.push({ kind: 'native', first: firstStep, last: builder.steps.length });
    firstStep = builder.steps.length;
  };

  const pending = [...graph.nodes];
  const inliner = new Inliner(graph);
  let planned = 0;
  for (; planned < pending.length; planned++) {
    const node = pending[planned]!;
    const body = opOf(node).inline?.(bodyContext(graph, node, facts));
    if (body !== undefined) {
      const inlined = inliner.inline(node, body);
      for (const [name, value] of inlined.constants)
        builder.values.set(name, { type: typeOf(value), known: value, fromHost: false, born: 0 });
      pending.splice(planned--, 1, ...inlined.nodes);
      continue;
    }
    builder.currentNode = planned;
    const before = builder.steps.length;
    let folded: boolean;
    try {
      folded = inferNode(graph, node, facts, (name, fact) =>
        builder.values.set(name, {
          type: fact.type,
          known: fact.value,
          fromHost: true,
          born: builder.time + 1,
        }),
      );
    } catch (error) {
      if (error instanceof NeedsData) break;
      throw error;
    }
    const outputs = node.outputs.map((name) => (name === '' ? emptyType : facts(name)!.type));
    let host = false;
    if (!folded) {
      checkResults(node, outputs, false);
      host = !lowerNode(graph, node, builder, facts, outputs);
      if (host) checkResults(node, outputs, true);
    }
    for (const name of node.outputs) {
      const value = builder.values.get(name);
      if (value !== undefined) value.fromHost = host;
    }
    if (host) {
      for (const name of usesOf(node)) download(builder, name);
      closeNative();
      builder.time++;
      // Copies made for later inputs must leave the earlier ones alone.
      for (const name of usesOf(node)) builder.touch(builder.values.get(name)?.plain);
      schedule.push({ kind: 'host', node, opset: graph.opsets[node.domain] ?? 1 });
    }
    nodes.push({ node, steps: builder.steps.length - before, host, folded, outputs });
  }

  const rest = pending.slice(planned);
  for (const name of liveAfter(graph, rest)) download(builder, name);
  closeNative();
  builder.time++;
  for (const name of liveAfter(graph, rest)) builder.touch(builder.values.get(name)?.plain);

  for (const name of state) builder.touch(builder.read(name, 'plain'));

  const stretches = fuseSteps(
    builder,
    schedule.filter((item) => item.kind === 'native'),
  );
  shareBlocks(builder);
  const arenaBytes = planMemory(builder.blocks);
  checkPlanMemory({ arenaBytes });
  const program = encodeProgram(
    arenaBytes,
    builder.buffers.map((b) => ({
      dtype: b.dtype,
      dims: b.dims,
      constant: b.constant,
      offset: b.block?.offset ?? 0,
    })),
    builder.steps,
  );
  return {
    program,
    arenaBytes,
    schedule: schedule.map((item) => (item.kind === 'native' ? stretches.shift()! : item)),
    locations: locate(builder),
    outputs: graph.outputs.map(({ name }) => name),
    stepNodes: builder.stepNodes,
    stepKinds: builder.steps.map((step) => step.kind),
    owners: nodes.map(({ node }) => ({ name: node.name, op: opKey(node) })),
    nodes,
    cut: cutBefore(graph, rest),
  };
}

const emptyType: TensorType = { dtype: 'float32', dims: [0] };

/** Returns false when the node runs on the host. */
function lowerNode(
  graph: Graph,
  node: Node,
  builder: PlanBuilder,
  facts: Facts,
  outputs: readonly TensorType[],
): boolean {
  const def = opOf(node);
  const types = [...node.inputs.map((name) => (name === '' ? undefined : facts(name)?.type)), ...outputs];
  const fits = types.every(
    (t) => t === undefined || (fitsArena(t.dtype) && t.dims.length <= maxRank && t.container === undefined),
  );
  if (def.lower === 'host' || !fits) return false;
  return def.lower(new LoweringContext(builder, inferContext(graph, node, facts), outputs));
}

/** Makes sure that the host can get at a value: a plain buffer, if the value lives in the arena only. */
function download(builder: PlanBuilder, name: string): void {
  const value = builder.values.get(name);
  if (value === undefined || value.known !== undefined) return;
  if (value.plain === undefined && value.channelsLast === undefined) return; // still with the host
  builder.read(name, 'plain');
}

/** Values that outlive the plan: graph outputs and all that the rest of the graph reads. */
function liveAfter(graph: Graph, rest: readonly Node[]): Set<string> {
  const made = new Set(rest.flatMap((node) => node.outputs));
  const live = new Set<string>();
  for (const output of graph.outputs) if (!made.has(output.name)) live.add(output.name);
  for (const node of rest) for (const name of usesOf(node)) if (!made.has(name)) live.add(name);
  return live;
}

function locate(builder: PlanBuilder): Map<string, Location> {
  const locations = new Map<string, Location>();
  for (const [name, { type, known, plain, fromHost }] of builder.values)
    locations.set(name, { type, known, buffer: plain?.id, fromHost });
  return locations;
}
