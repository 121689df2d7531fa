// A model without channels computes what the model with them computes when nothing is made of these channels.
import { coupleChannels } from '../../../lib/compress/channels/coupling.js';
import { factsOf, shapesOf } from '../../../lib/compress/channels/facts.js';
import { groupChannels } from '../../../lib/compress/channels/groups.js';
import { misfitsOf } from '../../../lib/compress/channels/misfits.js';
import { shrinkGraph, stayingOf } from '../../../lib/compress/channels/shrink.js';
import { chooseLayers } from '../../../lib/compress/prune/layers.js';
import { freezeGraph, type Graph } from '../../../lib/graph/graph.js';
import { verify } from '../../../lib/graph/verify.js';
import { Model } from '../../../lib/model/model.js';
import { uniformNumbers } from '../../../lib/ops/shared/random-numbers.js';
import { foldConstants } from '../../../lib/passes/fold-constants.js';
import { GraphExecutor } from '../../../lib/session/executor.js';
import { type Dims, sizeOf, stridesOf } from '../../../lib/tensor/shape.js';
import { fromNumbers, type TensorValue, tensor, toNumbers } from '../../../lib/tensor/tensor.js';
import { buildNetwork, networks } from '../../../lib/train/networks/index.js';
import { npmModels } from '../../helpers/npm-models.js';

interface Twins {
  /** The graph with zeros for weights that read the channels which left the other. */
  readonly dead: Graph;
  readonly smaller: Graph;
  readonly left: number;
}

/** Lets about half of the channels leave, any of them. */
function twins(graph: Graph, shapes: ReadonlyMap<string, Dims>, seed: number): Twins {
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
    for (const [node, why] of misfits) held.set(node, why);
    if (misfits.size > 0) continue;
    const nodes = graph.nodes.map((node) => ({ ...node, inputs: [...node.inputs] }));
    const constants = new Map(graph.constants);
    for (const { node, constant, axis, role, base, size } of coupling.parts) {
      const staying = stayingOf({ base, size }, gone);
      if (role !== 'sums' || staying === undefined) continue;
      const at = graph.nodes.indexOf(node);
      const i = node.inputs.indexOf(constant);
      const name = nodes[at]!.inputs[i]!;
      constants.set(`${node.name}/dead`, zeroed(constants.get(name)!, axis, new Set(staying)));
      nodes[at]!.inputs[i] = `${node.name}/dead`;
    }
    const left = leaves.reduce((sum, one) => sum + one, 0);
    return { dead: freezeGraph({ ...graph, nodes, constants }), smaller, left };
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

async function expectSame(model: Model, given: Record<string, Dims> = {}): Promise<number> {
  const graph = foldConstants.run(model.graph);
  const shapes = shapesOf(graph, given);
  const { dead, smaller, left } = twins(graph, shapes, 3);
  verify(smaller);
  // What is written and read again is what is run.
  const reread = Model.loadSync(model.withGraph(smaller).toBytes()).graph;
  const [expected, got] = [await outputsOf(dead, shapes), await outputsOf(reread, shapes)];
  for (const [i, value] of expected.entries()) {
    const [a, b] = [toNumbers(value), toNumbers(got[i]!)];
    expect(b.length).toBe(a.length);
    const largest = a.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-3);
    const off = a.reduce((most, v, at) => Math.max(most, Math.abs(v - b[at]!)), 0);
    expect(off / largest).toBeLessThan(1e-4);
  }
  return left;
}

const presets = networks.filter(({ name }) => !['binary-cnn', 'sfc', 'lfc'].includes(name));
test.each(presets)('preset $name', async ({ name }) => {
  expect(await expectSame(buildNetwork(name, { seed: 1, width: 0.5 }))).toBeGreaterThan(10);
});

/** Real models and how many channels leave at least: none where all go through normalisations over rows. */
const real: readonly {
  readonly file: string;
  readonly least: number;
  readonly shapes?: Record<string, Dims>;
}[] = [
  { file: 'ch_PP-OCRv4_det_infer.onnx', least: 500, shapes: { x: [1, 3, 64, 64] } },
  { file: 'ch_PP-OCRv4_rec_infer.onnx', least: 500, shapes: { x: [1, 3, 48, 64] } },
  { file: 'ch_ppocr_mobile_v2.0_cls_infer.onnx', least: 500, shapes: { x: [1, 3, 48, 64] } },
  { file: 'alexa_v0.1.onnx', least: 10 },
  { file: 'embedding_model.onnx', least: 100 },
  { file: 'hey_jarvis_v0.1.onnx', least: 0 },
];
test.each(real)('$file', async ({ file, least, shapes = {} }) => {
  const path = npmModels.find((known) => known.endsWith(file))!;
  expect(await expectSame(await Model.load(path), shapes)).toBeGreaterThanOrEqual(least);
});
