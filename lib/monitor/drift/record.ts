// recordBaseline(): runs a model on samples and keeps what they look like, in memory that does not grow with their number.
import type { InferenceSession as Ort, Tensor } from 'onnxruntime-common';
import { KompaktError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { Model } from '../../model/model.js';
import { type SamplesOf, samplesIn } from '../../session/samples.js';
import { InferenceSession } from '../../session/session.js';
import { dtypes } from '../../tensor/dtype.js';
import { toNumbers } from '../../tensor/tensor.js';
import { isBatchable } from '../batchable.js';
import type { DriftBaseline, ValueBaseline } from './baseline.js';
import { distributionOf } from './bins.js';
import { Features, type Range } from './features.js';
import { Reservoir } from './reservoir.js';

/** Numbers kept of each value: of its elements, means, deviations and confidences. */
const kept = 8192;

/** Runs the model on samples that stand for its use and records what its inputs and outputs look like there. A few hundred samples
 *  are enough; the fewer there are, the larger a change must be to be told from chance. Throws KPT_CALIBRATION_EMPTY without
 *  samples, KPT_CALIBRATION_VALUES where a value has no finite element, and what run() throws. */
export async function recordBaseline(
  model: Model,
  data: SamplesOf<{ readonly feeds: Ort.FeedsType }>,
): Promise<DriftBaseline> {
  const session = InferenceSession.fromModel(model);
  try {
    const rows = isBatchable(session.inputMetadata, session.outputMetadata);
    const ranges = quantizedRanges(model.graph);
    const inputs = session.inputNames.map((name) => new ValueRecorder(name, ranges.get(name) ?? null));
    const outputs = session.outputNames.map((name) => new ValueRecorder(name, null));
    let samples = 0;
    for await (const { feeds } of samplesIn<{ readonly feeds: Ort.FeedsType }>(data)) {
      const results = await session.run(feeds);
      const count = rows ? ((feeds[session.inputNames[0]!] as Tensor).dims[0] ?? 0) : 1;
      for (let row = 0; row < count; row++) {
        for (const value of inputs) value.add(feeds[value.name] as Tensor, rows ? row : null);
        for (const value of outputs) value.add(results[value.name] as Tensor, rows ? row : null);
        samples++;
      }
    }
    if (samples === 0) throw new KompaktError('KPT_CALIBRATION_EMPTY', 'There is no sample to record.');
    const told = (values: readonly ValueRecorder[]) => values.flatMap((value) => value.result() ?? []);
    return {
      format: 'kompakt drift baseline',
      version: 1,
      samples,
      rows,
      inputs: told(inputs),
      outputs: told(outputs),
    };
  } finally {
    await session.release();
  }
}

class ValueRecorder {
  readonly #features = new Features();
  readonly #elements = new Reservoir(kept, 1);
  readonly #means = new Reservoir(kept, 2);
  readonly #deviations = new Reservoir(kept, 3);
  readonly #confidences = new Reservoir(kept, 4);
  #classes: Float64Array | undefined;
  #samples = 0;
  #looked = 0;
  #notFinite = 0;
  #outside = 0;
  // Of the finite elements, by Welford's method.
  #count = 0;
  #mean = 0;
  #squares = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  constructor(
    readonly name: string,
    private readonly range: Range | null,
  ) {}

  add(tensor: Tensor, row: number | null): void {
    const features = this.#features;
    // A golden ratio of phases: elements of large tensors are taken evenly.
    if (!features.read(tensor, row, this.range, (this.#samples * 0.6180339887498949) % 1)) return;
    this.#samples++;
    this.#looked += features.looked;
    this.#notFinite += features.notFinite;
    this.#outside += features.outside;
    for (let i = 0; i < features.count; i++) this.#addElement(features.elements[i]!);
    if (features.count > 0) {
      this.#means.add(features.mean);
      this.#deviations.add(features.deviation);
    }
    if (features.top < 0) return;
    this.#classes ??= new Float64Array(features.classes);
    if (this.#classes.length === features.classes) {
      this.#classes[features.top]!++;
      this.#confidences.add(features.confidence);
    }
  }

  #addElement(value: number): void {
    this.#elements.add(value);
    this.#count++;
    const difference = value - this.#mean;
    this.#mean += difference / this.#count;
    this.#squares += difference * (value - this.#mean);
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
  }

  /** null for a value without numbers. */
  result(): ValueBaseline | null {
    if (this.#samples === 0) return null;
    if (this.#count === 0)
      throw new KompaktError(
        'KPT_CALIBRATION_VALUES',
        `Value '${this.name}' has no finite element in any sample.`,
      );
    const counted = this.#classes?.reduce((sum, count) => sum + count, 0) ?? 0;
    return {
      name: this.name,
      mean: this.#mean,
      deviation: Math.sqrt(this.#squares / this.#count),
      min: this.#min,
      max: this.#max,
      elements: distributionOf(this.#elements.values()) as ValueBaseline['elements'],
      means: distributionOf(this.#means.values()) as ValueBaseline['means'],
      deviations: distributionOf(this.#deviations.values()) as ValueBaseline['deviations'],
      notFinite: this.#notFinite / this.#looked,
      range: this.range && {
        low: this.range.low,
        high: this.range.high,
        outside: this.#outside / this.#looked,
      },
      classes:
        this.#classes === undefined
          ? null
          : {
              shares: Array.from(this.#classes, (count) => count / counted),
              confidence: distributionOf(this.#confidences.values()) as ValueBaseline['elements'],
            },
    };
  }
}

/** What the QuantizeLinear at each input can tell apart: half a step beyond its least and greatest value all is one. */
function quantizedRanges(graph: Graph): ReadonlyMap<string, Range> {
  const ranges = new Map<string, Range>();
  for (const node of graph.nodes) {
    const [from, scaleName, zeroName] = node.inputs;
    if (node.op !== 'QuantizeLinear' || !graph.inputs.some(({ name }) => name === from)) continue;
    const scale = graph.constants.get(scaleName!);
    const zero = zeroName ? graph.constants.get(zeroName) : undefined;
    if (scale?.data.length !== 1 || (zeroName && zero?.data.length !== 1)) continue;
    const { min, max } = dtypes[zero?.dtype ?? 'uint8'];
    // Scales may be float16.
    const [step, middle] = [toNumbers(scale)[0]!, zero === undefined ? 0 : toNumbers(zero)[0]!];
    ranges.set(from!, { low: (min - middle - 0.5) * step, high: (max - middle + 0.5) * step });
  }
  return ranges;
}
