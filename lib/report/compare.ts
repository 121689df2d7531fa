// Two models on the same samples: per output and per layer signal-to-noise, cosine and largest error, and how often
// the largest output is the same. Values are matched by name: a value x of the reference is found in a quantised
// graph as x itself, as a DequantizeLinear output made from it, or as the output of the node with the same name.
import { expected, KompaktError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { type TensorValue, toNumbers } from '../tensor/tensor.js';
import { Similarity } from './similarity.js';

/** A model that can be asked for any of its values. */
export interface Probe {
  readonly graph: Graph;
  /** Computes the named values for one sample. */
  evaluate(
    feeds: ReadonlyMap<string, TensorValue>,
    names: readonly string[],
  ): Promise<ReadonlyMap<string, TensorValue>>;
}

export interface CompareOptions {
  /** Compare intermediate values too. Default true. */
  readonly layers?: boolean;
  /** Stop after this many samples. Default: all. */
  readonly samples?: number;
  readonly onSample?: (done: number) => void;
}

export interface ValueComparison {
  /** Name of the value in the reference. */
  readonly name: string;
  /** Node that makes it, and its operator. */
  readonly node: string;
  readonly op: string;
  /** dB; Infinity when every element is equal. */
  readonly sqnr: number;
  readonly cosine: number;
  readonly maxAbsError: number;
  /** Elements where one side was NaN or infinite. */
  readonly notFinite: number;
}

export interface Comparison {
  readonly samples: number;
  readonly outputs: readonly ValueComparison[];
  /** In graph order. */
  readonly layers: readonly ValueComparison[];
  /** The layers with the lowest signal-to-noise ratio, worst first. */
  readonly worst: readonly ValueComparison[];
  /** Share of rows (last axis of output 0) whose largest element is at the same place. */
  readonly top1Agreement: number;
}

const worstCount = 10;

export async function compareProbes(
  reference: Probe,
  candidate: Probe,
  data: AsyncIterable<ReadonlyMap<string, TensorValue>>,
  options: CompareOptions = {},
): Promise<Comparison> {
  const outputs = matchOutputs(reference.graph, candidate.graph);
  const layers =
    options.layers === false ? new Map<string, string>() : matchLayers(reference.graph, candidate.graph);
  const pairs = new Map([...layers, ...outputs]);
  const similarity = new Map([...pairs.keys()].map((name) => [name, new Similarity()]));
  let samples = 0;
  let rows = 0;
  let same = 0;
  const limit = options.samples ?? Number.POSITIVE_INFINITY;
  if (limit > 0)
    for await (const feeds of data) {
      const a = await reference.evaluate(feeds, [...pairs.keys()]);
      const b = await candidate.evaluate(feeds, [...new Set(pairs.values())]);
      for (const [name, other] of pairs)
        addPair(similarity.get(name)!, name, a.get(name)!, b.get(other)!, outputs.has(name));
      const [first, firstOther] = [...outputs][0]!;
      const agreement = countTop1(a.get(first)!, b.get(firstOther)!);
      rows += agreement.rows;
      same += agreement.same;
      samples++;
      options.onSample?.(samples);
      if (samples >= limit) break;
    }
  if (samples === 0)
    throw new KompaktError('KPT_CALIBRATION_EMPTY', 'There is no sample to compare the models on.');

  const producer = new Map(
    reference.graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)),
  );
  const describe = (name: string): ValueComparison => {
    const { sqnr, cosine, maxAbsError, notFinite } = similarity.get(name)!;
    const node = producer.get(name);
    return { name, node: node?.name ?? '', op: node?.op ?? '', sqnr, cosine, maxAbsError, notFinite };
  };
  const layerRows = [...layers.keys()].filter((name) => similarity.get(name)!.count > 0).map(describe);
  return {
    samples,
    outputs: [...outputs.keys()].map(describe),
    layers: layerRows,
    worst: [...layerRows].sort((x, y) => x.sqnr - y.sqnr).slice(0, worstCount),
    top1Agreement: rows === 0 ? 1 : same / rows,
  };
}

/** Outputs by name, or by position where the names differ. */
function matchOutputs(reference: Graph, candidate: Graph): Map<string, string> {
  const names = new Set(candidate.outputs.map((output) => output.name));
  if (reference.outputs.length !== candidate.outputs.length)
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      expected(`${reference.outputs.length} outputs`, 'the second model', candidate.outputs.length),
    );
  return new Map(
    reference.outputs.map(({ name }, i) => [name, names.has(name) ? name : candidate.outputs[i]!.name]),
  );
}

/** Intermediate float values of the reference -> the value of the candidate that stands for the same thing. */
export function matchLayers(reference: Graph, candidate: Graph): Map<string, string> {
  const made = new Set(candidate.nodes.flatMap((node) => node.outputs.filter((name) => name !== '')));
  const restored = dequantizedFrom(candidate);
  const byNode = new Map(candidate.nodes.map((node) => [node.name, node]));
  const outputs = new Set(reference.outputs.map((output) => output.name));
  const known = new Set(reference.nodes.flatMap((node) => node.outputs));
  const matches = new Map<string, string>();
  for (const node of reference.nodes)
    node.outputs.forEach((name, i) => {
      if (name === '' || outputs.has(name)) return;
      const twin = byNode.get(node.name);
      const twinOutput = twin?.op === node.op ? twin.outputs[i] : undefined;
      // A twin that makes another value of the reference has swallowed what came between (BatchNorm, say).
      const renamed = twinOutput !== undefined && !known.has(twinOutput) ? twinOutput : undefined;
      const match = restored.get(name) ?? (made.has(name) ? name : renamed);
      if (match !== undefined && match !== '') matches.set(name, match);
    });
  return matches;
}

/** Float value -> what it is after QuantizeLinear and DequantizeLinear: the value that later layers really see. */
function dequantizedFrom(graph: Graph): Map<string, string> {
  const quantized = new Map<string, string>();
  const restored = new Map<string, string>();
  for (const node of graph.nodes) {
    if (node.op === 'QuantizeLinear') quantized.set(node.outputs[0]!, node.inputs[0]!);
    const source = node.op === 'DequantizeLinear' ? quantized.get(node.inputs[0]!) : undefined;
    if (source !== undefined && !restored.has(source)) restored.set(source, node.outputs[0]!);
  }
  return restored;
}

/** Adds two values of a pair; layers that are not comparable (other size, not numeric) are left out, outputs fail. */
function addPair(into: Similarity, name: string, a: TensorValue, b: TensorValue, must: boolean): void {
  if (a.dtype === 'string' || b.dtype === 'string') return;
  if (a.data.length !== b.data.length) {
    if (!must) return;
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      expected(`shape [${a.dims.join(',')}]`, `output '${name}' of the second model`, b.dims),
    );
  }
  into.add(toNumbers(a), toNumbers(b));
}

function countTop1(a: TensorValue, b: TensorValue): { rows: number; same: number } {
  const classes = a.dims.at(-1) ?? 1;
  if (classes < 2 || a.dtype === 'string') return { rows: 0, same: 0 };
  const [x, y] = [toNumbers(a), toNumbers(b)];
  let same = 0;
  const rows = x.length / classes;
  for (let row = 0; row < rows; row++)
    if (argMax(x, row * classes, classes) === argMax(y, row * classes, classes)) same++;
  return { rows, same };
}

/** Index of the first largest element of data[start, start + count), from start. */
export function argMax(data: ArrayLike<number>, start = 0, count = data.length): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (data[start + i]! > data[start + best]!) best = i;
  return best;
}
