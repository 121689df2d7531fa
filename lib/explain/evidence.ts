// What detectors look at, gathered for all layers.
import type { OperatorTime } from '../bench/engine.js';
import type { Graph, Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { floatAttr } from '../ops/op.js';
import { isOp } from '../passes/pattern.js';
import { type TensorValue, toNumbers } from '../tensor/tensor.js';
import type { Evidence, LayerFacts, NormFacts } from './causes/cause.js';
import { type Feeds, withExecutor } from './feeds.js';
import type { StatisticsWatcher } from './layer-statistics.js';
import type { LayerPair } from './layers.js';
import { type LayerNoise, showing } from './noise.js';
import { outputQuantizer } from './quantizer.js';
import type { Study } from './study.js';
import { weightsOf } from './weights.js';

/** `given`: the original as it is in its file, with BatchNormalization. */
export async function evidenceOf(
  study: Study,
  noise: ReadonlyMap<LayerPair, LayerNoise>,
  statistics: StatisticsWatcher,
  operators: readonly OperatorTime[] | null,
  given: Graph,
  samples: readonly Feeds[],
): Promise<Evidence> {
  const [before, after] = [new GraphEditor(study.original), new GraphEditor(study.compressed)];
  const facts = new Map<string, LayerFacts>();
  for (const pair of study.pairs) {
    const [a, b] = [pair.original.node, pair.compressed.node];
    const sources = (a?.inputs ?? []).flatMap((name) => facts.get(name) ?? []);
    facts.set(pair.original.value, {
      pair,
      before: a && weightsOf(before, a),
      after: b && weightsOf(after, b),
      noise: noise.get(pair),
      statistics: statistics.layers.get(pair),
      quantizer: outputQuantizer(after, pair.compressed.value),
      sources,
    });
  }
  return { layers: [...facts.values()], norm: await normFacts(given, samples), operators };
}

/** Of the first BatchNormalization behind a convolution. */
async function normFacts(graph: Graph, samples: readonly Feeds[]): Promise<NormFacts | undefined> {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const norm = graph.nodes.find(
    (node) => isOp(node, 'BatchNormalization') && isOp(producers.get(node.inputs[0]!), 'Conv'),
  );
  const trained = norm && trainedStatistics(graph, norm);
  if (norm === undefined || trained === undefined) return undefined;
  const [trainedMean, trainedDeviation] = trained;
  const channels = trainedMean.length;
  const [sums, squares] = [new Float64Array(channels), new Float64Array(channels)];
  let count = 0;
  await withExecutor(showing(graph, [norm.inputs[0]!]), async (run) => {
    for (const feeds of samples) {
      const value = (await run(feeds)).get(norm.inputs[0]!)!;
      const inner = value.dims.slice(2).reduce((a, b) => a * b, 1);
      const numbers = toNumbers(value);
      numbers.forEach((v, i) => {
        const c = Math.floor(i / inner) % channels;
        sums[c]! += v;
        squares[c]! += v * v;
      });
      count += numbers.length / channels;
    }
  });
  const mean = sums.map((sum) => sum / count);
  const deviation = squares.map((square, c) => Math.sqrt(Math.max(0, square / count - mean[c]! ** 2)));
  return { node: norm.name, mean, deviation, trainedMean, trainedDeviation };
}

function trainedStatistics(graph: Graph, norm: Node): readonly [Float64Array, Float64Array] | undefined {
  const [mean, variance]: (TensorValue | undefined)[] = [3, 4].map((i) =>
    graph.constants.get(norm.inputs[i] ?? ''),
  );
  if (mean === undefined || variance === undefined) return undefined;
  const epsilon = floatAttr(norm, 'epsilon', 1e-5);
  return [toNumbers(mean), toNumbers(variance).map((v) => Math.sqrt(v + epsilon))];
}
