// Signal and noise of layers: how far each layer is from the original, how far by its own doing, and what that does at the
// end of the model.
import type { Range } from '../calibrate/observer.js';
import { saturationRanges } from '../compress/quantize/saturation.js';
import type { Graph } from '../graph/graph.js';
import { isOp } from '../passes/pattern.js';
import { Similarity } from '../report/similarity.js';
import { isFloat } from '../tensor/dtype.js';
import { sameDims } from '../tensor/shape.js';
import { asFloat32, f32, type TensorValue, toNumbers } from '../tensor/tensor.js';
import { type Feeds, feedsFor, withExecutor } from './feeds.js';
import type { LayerPair } from './layers.js';
import { type Which, withExactInputs } from './splice.js';
import type { Study } from './study.js';

/** Told of each layer's values, in float32: of the original, of the compressed model, and of its layer when its inputs are exact. */
export interface LayerWatcher {
  see(pair: LayerPair, original: TensorValue, compressed: TensorValue, own: TensorValue): void;
}

export interface LayerNoise {
  /** Of the output against the original's. */
  readonly total: Similarity;
  /** The same when the inputs of the layer are exact. */
  readonly own: Similarity;
}

/** The graph with these values as its outputs. */
export const showing = (graph: Graph, values: readonly string[]): Graph => ({
  ...graph,
  outputs: [...new Set(values)].map((name) => ({ name, dtype: 'float32', dims: null })),
});

/** What all readers of a value can tell apart: quantisers do well to clip what HardSwish makes 0 of. */
const clamped = (value: TensorValue, range: Range | undefined): TensorValue =>
  range === undefined
    ? value
    : f32(
        value.dims,
        (value.data as Float32Array).map((v) => Math.min(Math.max(v, range.min), range.max)),
      );

/** Noise of comparable layers. */
export async function layerNoise(
  {
    original,
    compressed,
    comparable,
    types,
  }: Pick<Study, 'original' | 'compressed' | 'comparable' | 'types'>,
  samples: readonly Feeds[],
  watchers: readonly LayerWatcher[] = [],
): Promise<ReadonlyMap<LayerPair, LayerNoise>> {
  const noise = new Map(comparable.map((pair) => [pair, { total: new Similarity(), own: new Similarity() }]));
  if (comparable.length === 0) return noise;
  const visible = saturationRanges(original);
  const inputs = new Set(original.inputs.map(({ name }) => name));
  const exactNames = comparable.map((pair) => pair.original.value);
  const names = comparable.map((pair) => pair.compressed.value);
  const shownOriginal = showing(
    original,
    exactNames.filter((name) => !inputs.has(name)),
  );
  const alone = withExactInputs(compressed, names, types);
  const aloneInputs = new Set(alone.graph.inputs.map(({ name }) => name));
  await withExecutor(shownOriginal, (runOriginal) =>
    withExecutor(showing(compressed, names), (runCompressed) =>
      withExecutor(alone.graph, async (runAlone) => {
        for (const feeds of samples) {
          const exact = new Map([...feeds, ...(await runOriginal(feeds))]);
          const own = feedsFor(compressed, feeds);
          const got = await runCompressed(own);
          const forced = names.map((name, i) => [alone.fed.get(name)!, exact.get(exactNames[i]!)!] as const);
          const needed = [...own, ...forced].filter(([name]) => aloneInputs.has(name));
          const single = await runAlone(new Map(needed));
          for (const [i, pair] of comparable.entries()) {
            const range = visible.get(exactNames[i]!);
            const values = [exact.get(exactNames[i]!)!, got.get(names[i]!)!, single.get(names[i]!)!].map(
              (value) => clamped(asFloat32(value), range),
            ) as [TensorValue, TensorValue, TensorValue];
            const entry = noise.get(pair)!;
            const numbers = toNumbers(values[0]);
            entry.total.add(numbers, toNumbers(values[1]));
            entry.own.add(numbers, toNumbers(values[2]));
            for (const watcher of watchers) watcher.see(pair, ...values);
          }
        }
      }),
    ),
  );
  return noise;
}

const comparableValues = (a: TensorValue | undefined, b: TensorValue | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  isFloat(a.dtype) &&
  isFloat(b.dtype) &&
  a.data.length > 0 &&
  sameDims(a.dims, b.dims);

/** Where a model ends: its outputs, or what a closing softmax is made of when both models have one. */
function endsOf(original: Graph, compressed: Graph): readonly (readonly [string, string])[] {
  const pairs = original.outputs.map(({ name }, i) => {
    const other = compressed.outputs.find((output) => output.name === name) ?? compressed.outputs[i]!;
    const [a, b] = [beforeSoftmax(original, name), beforeSoftmax(compressed, other.name)];
    return a === undefined || b === undefined ? ([name, other.name] as const) : ([a, b] as const);
  });
  // Two outputs made of one value are one end.
  return [...new Map(pairs.map((pair) => [pair[0], pair])).values()];
}

function beforeSoftmax(graph: Graph, value: string): string | undefined {
  const node = graph.nodes.find(({ outputs }) => outputs.includes(value));
  return isOp(node, 'Softmax', 'LogSoftmax') ? node.inputs[0] : undefined;
}

/** Measures noise where models end. */
export class EndMeter {
  readonly #exact: (readonly TensorValue[])[] = [];

  private constructor(
    private readonly ends: readonly (readonly [string, string])[],
    private readonly samples: readonly Feeds[],
  ) {}

  /** The original's answers to these samples are the exact ones. */
  static async make(original: Graph, compressed: Graph, samples: readonly Feeds[]): Promise<EndMeter> {
    const meter = new EndMeter(endsOf(original, compressed), samples);
    await meter.#answers(meter.show(original, 'original'), (values) => meter.#exact.push(values));
    return meter;
  }

  /** The graph with the ends as its outputs: what measure() takes. */
  show(graph: Graph, which: Which): Graph {
    return showing(
      graph,
      this.ends.map((pair) => pair[which === 'original' ? 0 : 1]),
    );
  }

  /** Noise over signal, as power. Ends whose sizes differ or which are not numbers do not count; NaN when none does. */
  async measure(shown: Graph): Promise<number> {
    let [signal, noise, counted, sample] = [0, 0, 0, 0];
    await this.#answers(shown, (values) => {
      const exact = this.#exact[sample++]!;
      values.forEach((value, i) => {
        if (!comparableValues(exact[i], value)) return;
        counted++;
        const [x, y] = [toNumbers(exact[i]!), toNumbers(value)];
        x.forEach((v, k) => {
          signal += v * v;
          noise += (v - y[k]!) ** 2;
        });
      });
    });
    return counted === 0 ? Number.NaN : signal === 0 ? noise : noise / signal;
  }

  #answers(shown: Graph, see: (values: readonly TensorValue[]) => void): Promise<void> {
    return withExecutor(shown, async (run) => {
      for (const feeds of this.samples) {
        const values = await run(feedsFor(shown, feeds));
        see(shown.outputs.map(({ name }) => values.get(name)!));
      }
    });
  }
}

export const decibels = (noise: number): number =>
  noise === 0 ? Number.POSITIVE_INFINITY : -10 * Math.log10(noise);
