// buildPlan: a graph and concrete input types -> a flat native program and a schedule. Native stretches alternate with host
// nodes (operators that run by their reference); where a shape depends on data the plan ends and `rest` goes on at run time.
import { type Graph, type Node, opKey } from '../graph/graph.js';
import type { TensorType } from '../ops/op.js';
import type { TensorValue } from '../tensor/tensor.js';
import { type Cut, cutBefore } from './cut.js';
import { fuseSteps } from './fuse-steps.js';
import { shareBlocks } from './in-place.js';
import { planMemory } from './memory-plan.js';
import { NodePlanner } from './node-planner.js';
import { type ConstantStore, PlanBuilder } from './plan-builder.js';
import { encodeProgram } from './program.js';
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
  builder.know(graph.constants);
  for (const [name, type] of inputTypes)
    builder.values.set(name, { type, known: undefined, fromHost: true, born: 0 });
  for (const name of state) builder.read(name, 'plain');
  const { schedule, nodes, rest } = new NodePlanner(graph, builder).plan();
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

function locate(builder: PlanBuilder): Map<string, Location> {
  const locations = new Map<string, Location>();
  for (const [name, { type, known, plain, fromHost }] of builder.values)
    locations.set(name, { type, known, buffer: plain?.id, fromHost });
  return locations;
}
