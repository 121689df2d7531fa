// Plans the nodes of a graph one after the other: what is known already is computed, what has a kernel becomes steps, and what has none
// runs on the host.
import type { Graph, Node } from '../graph/graph.js';
import { usesOf } from '../graph/uses.js';
import { opOf } from '../ops/index.js';
import { NeedsData, type TensorType } from '../ops/op.js';
import { bodyContext } from './differentiate.js';
import { checkResults, type Facts, inferContext, inferNode } from './inference.js';
import { Inliner } from './inline.js';
import type { NodePlan, ScheduleItem } from './plan.js';
import { LoweringContext, type PlanBuilder } from './plan-builder.js';
import { fitsArena, maxRank } from './program.js';

export interface PlannedNodes {
  readonly schedule: readonly ScheduleItem[];
  readonly nodes: readonly NodePlan[];
  /** Nodes from the first one on whose shape depends on data. */
  readonly rest: readonly Node[];
}

const emptyType: TensorType = { dtype: 'float32', dims: [0] };

export class NodePlanner {
  readonly #schedule: ScheduleItem[] = [];
  readonly #nodes: NodePlan[] = [];
  /** Of the stretch of native steps that has not ended. */
  #firstStep = 0;
  readonly #facts: Facts = (name) => {
    const value = this.builder.values.get(name);
    if (value === undefined) return undefined;
    return value.known === undefined ? { type: value.type } : { type: value.type, value: value.known };
  };

  /** `builder` knows the constants and inputs of `graph`. */
  constructor(
    private readonly graph: Graph,
    private readonly builder: PlanBuilder,
  ) {}

  plan(): PlannedNodes {
    const { builder } = this;
    const rest = this.#planNodes();
    const live = liveAfter(this.graph, rest);
    for (const name of live) this.#download(name);
    this.#endStretch();
    builder.time++;
    for (const name of live) builder.touch(builder.values.get(name)?.plain);
    return { schedule: this.#schedule, nodes: this.#nodes, rest };
  }

  #planNodes(): readonly Node[] {
    const { graph, builder } = this;
    const inliner = new Inliner(graph);
    const pending = [...graph.nodes];
    for (let planned = 0; planned < pending.length; ) {
      const node = pending[planned]!;
      const body = opOf(node).inline?.(bodyContext(graph, node, this.#facts));
      if (body !== undefined) {
        const inlined = inliner.inline(node, body);
        builder.know(inlined.constants);
        pending.splice(planned, 1, ...inlined.nodes);
        continue;
      }
      builder.currentNode = planned;
      const folded = this.#infer(node);
      if (folded === undefined) return pending.slice(planned);
      this.#place(node, folded);
      planned++;
    }
    return [];
  }

  /** Whether the outputs are known; undefined where what they are depends on data. */
  #infer(node: Node): boolean | undefined {
    const { values, time } = this.builder;
    try {
      return inferNode(this.graph, node, this.#facts, (name, { type, value }) =>
        values.set(name, { type, known: value, fromHost: true, born: time + 1 }),
      );
    } catch (error) {
      if (error instanceof NeedsData) return undefined;
      throw error;
    }
  }

  #place(node: Node, folded: boolean): void {
    const { builder } = this;
    const before = builder.steps.length;
    const outputs = node.outputs.map((name) => (name === '' ? emptyType : this.#facts(name)!.type));
    if (!folded) checkResults(node, outputs, false);
    const host = !folded && !this.#lower(node, outputs);
    if (host) checkResults(node, outputs, true);
    for (const name of node.outputs) {
      const value = builder.values.get(name);
      if (value !== undefined) value.fromHost = host;
    }
    if (host) this.#runOnHost(node);
    this.#nodes.push({ node, steps: builder.steps.length - before, host, folded, outputs });
  }

  /** False when the node runs on the host. */
  #lower(node: Node, outputs: readonly TensorType[]): boolean {
    const def = opOf(node);
    const inputs = node.inputs.map((name) => (name === '' ? undefined : this.#facts(name)?.type));
    const fits = [...inputs, ...outputs].every(
      (t) => t === undefined || (fitsArena(t.dtype) && t.dims.length <= maxRank && t.container === undefined),
    );
    if (def.lower === 'host' || !fits) return false;
    const context = inferContext(this.graph, node, this.#facts);
    return def.lower(new LoweringContext(this.builder, context, outputs));
  }

  #runOnHost(node: Node): void {
    const { builder } = this;
    for (const name of usesOf(node)) this.#download(name);
    this.#endStretch();
    builder.time++;
    // Copies made for later inputs must leave the earlier ones alone.
    for (const name of usesOf(node)) builder.touch(builder.values.get(name)?.plain);
    this.#schedule.push({ kind: 'host', node, opset: this.graph.opsets[node.domain] ?? 1 });
  }

  #endStretch(): void {
    const { length } = this.builder.steps;
    if (length > this.#firstStep)
      this.#schedule.push({ kind: 'native', first: this.#firstStep, last: length });
    this.#firstStep = length;
  }

  /** Makes sure that the host can get at a value: a plain buffer, if the value lives in the arena only. */
  #download(name: string): void {
    const value = this.builder.values.get(name);
    if (value === undefined || value.known !== undefined) return;
    if (value.plain === undefined && value.channelsLast === undefined) return; // still with the host
    this.builder.read(name, 'plain');
  }
}

/** Values that outlive the plan: graph outputs and all that the rest of the graph reads. */
function liveAfter(graph: Graph, rest: readonly Node[]): Set<string> {
  const made = new Set(rest.flatMap((node) => node.outputs));
  const live = new Set<string>();
  for (const output of graph.outputs) if (!made.has(output.name)) live.add(output.name);
  for (const node of rest) for (const name of usesOf(node)) if (!made.has(name)) live.add(name);
  return live;
}
