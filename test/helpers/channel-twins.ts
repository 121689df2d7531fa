// A model without channels beside the same model in which nothing is made of these channels: both compute the same.
import { coupleChannels } from '../../lib/compress/channels/coupling.js';
import { factsOf, shapesOf } from '../../lib/compress/channels/facts.js';
import { groupChannels } from '../../lib/compress/channels/groups.js';
import { misfitsOf } from '../../lib/compress/channels/misfits.js';
import { shrinkGraph, stayingOf } from '../../lib/compress/channels/shrink.js';
import { chooseLayers } from '../../lib/compress/prune/layers.js';
import { freezeGraph, type Graph } from '../../lib/graph/graph.js';
import { verify } from '../../lib/graph/verify.js';
import { Model } from '../../lib/model/model.js';
import { uniformNumbers } from '../../lib/ops/shared/random-numbers.js';
import { foldConstants } from '../../lib/passes/fold-constants.js';
import { GraphExecutor } from '../../lib/session/executor.js';
import { type Dims, sizeOf, stridesOf } from '../../lib/tensor/shape.js';
import { fromNumbers, type TensorValue, tensor, toNumbers } from '../../lib/tensor/tensor.js';

export interface Twins {
  /** The graph with zeros for the parameters of the channels that left the other. */
  readonly dead: Graph;
  readonly smaller: Graph;
  readonly left: number;
  /** Why channels stay. */
  readonly reasons: readonly string[];
}

/** Lets about half of the channels leave, any of them. */
export function channelTwins(graph: Graph, shapes: ReadonlyMap<string, Dims>, seed: number): Twins {
  const facts = factsOf(graph, shapes);
  const prunable = new Set(chooseLayers(graph, { keep: [] }).map(({ weight }) => weight));
  const held = new Map<string, string>();
  for (;;) {
    const coupling = coupleChannels(graph, facts, { prunable, held });
    const { groups, channelOf, count } = groupChannels(coupling);
    const random = uniformNumbers(seed);
    const leaves = new Uint8Array(count);
    for (const { channels } of groups)
      for (const channel of channels.slice(1)) leaves[channel] = random() < 0.5 ? 1 : 0;
    const gone = (slot: number): boolean => leaves[channelOf[slot]!] === 1;
    const smaller = shrinkGraph(graph, facts, coupling, gone);
    const misfits = misfitsOf(graph, facts, coupling, gone, smaller, shapes);
    for (const [node, why] of misfits) {
      expect(held.get(node)).not.toBe(why);
      held.set(node, why);
    }
    if (misfits.size > 0) continue;
    const nodes = graph.nodes.map((node) => ({ ...node, inputs: [...node.inputs] }));
    const constants = new Map(graph.constants);
    for (const { node, constant, axis, base, size } of coupling.parts) {
      const staying = stayingOf({ base, size }, gone);
      if (staying === undefined) continue;
      const { inputs } = nodes[graph.nodes.indexOf(node)]!;
      const i = node.inputs.indexOf(constant);
      constants.set(`${node.name}/dead${i}`, zeroed(constants.get(inputs[i]!)!, axis, new Set(staying)));
      inputs[i] = `${node.name}/dead${i}`;
    }
    const left = leaves.reduce((sum, one) => sum + one, 0);
    return { dead: freezeGraph({ ...graph, nodes, constants }), smaller, left, reasons: coupling.reasons };
  }
}

function zeroed({ dtype, dims, data }: TensorValue, axis: number, staying: ReadonlySet<number>): TensorValue {
  const inner = stridesOf(dims)[axis]!;
  const values = (data as Float32Array).map((v, i) =>
    staying.has(Math.floor(i / inner) % dims[axis]!) ? v : 0,
  );
  return tensor(dtype, dims, values);
}

async function outputsOf(graph: Graph, shapes: ReadonlyMap<string, Dims>): Promise<readonly TensorValue[]> {
  const random = uniformNumbers(7);
  const feeds = new Map(
    graph.inputs.map(({ name, dtype }) => {
      const dims = shapes.get(name)!;
      return [name, fromNumbers(dtype, dims, Float64Array.from({ length: sizeOf(dims) }, random))];
    }),
  );
  const executor = new GraphExecutor(graph);
  try {
    return [...(await executor.run(feeds)).values()];
  } finally {
    executor.release();
  }
}

/** Expects the same outputs of both, the smaller one written and read again. */
export async function expectSameChannels(model: Model, given: Record<string, Dims> = {}): Promise<Twins> {
  const graph = foldConstants.run(model.graph);
  const shapes = shapesOf(graph, given);
  const twins = channelTwins(graph, shapes, 3);
  verify(twins.smaller);
  const reread = Model.loadSync(model.withGraph(twins.smaller).toBytes()).graph;
  const [expected, got] = [await outputsOf(twins.dead, shapes), await outputsOf(reread, shapes)];
  for (const [i, value] of expected.entries()) {
    const [a, b] = [toNumbers(value), toNumbers(got[i]!)];
    expect(b.length).toBe(a.length);
    const largest = a.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-3);
    const off = a.reduce((most, v, at) => Math.max(most, Math.abs(v - b[at]!)), 0);
    expect(off / largest).toBeLessThan(1e-4);
  }
  return twins;
}
