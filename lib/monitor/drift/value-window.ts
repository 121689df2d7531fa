// The last samples of one input or output, counted in the bins of its baseline: a ring of slices, of which the oldest is emptied
// when its turn comes.
import type { ValueBaseline } from './baseline.js';
import { binOf, type Distribution } from './bins.js';
import type { Features } from './features.js';
import {
  classChange,
  type Judgement,
  kolmogorovSmirnov,
  notFiniteExcess,
  populationStability,
  rangeExcess,
} from './measures.js';

const slices = 5;

export type DriftMeasure =
  | 'population stability index'
  | 'Kolmogorov-Smirnov distance'
  | 'change of class shares'
  | 'share out of range'
  | 'share not finite';

/** What of a value is looked at: all its elements, the mean or deviation of each sample, the class or its confidence. */
export type DriftFeature = 'elements' | 'means' | 'deviations' | 'classes' | 'confidence';

export interface ValueJudgement extends Judgement {
  readonly feature: DriftFeature;
  readonly measure: DriftMeasure;
}

interface Counter {
  readonly feature: DriftFeature;
  readonly distribution: Distribution;
  /** slices x bins. */
  readonly counts: Uint32Array;
}

/** Numbers of a slice beside the counts. */
const sampleCount = 0;
const looked = 1;
const notFinite = 2;
const outside = 3;
const classified = 4;
const totals = 5;

export class ValueWindow {
  readonly #counters: readonly Counter[];
  readonly #classes: Uint32Array;
  readonly #totals = new Float64Array(slices * totals);
  readonly #sliceSamples: number;
  #slice = 0;
  #taken = 0;

  constructor(
    readonly baseline: ValueBaseline,
    windowSamples: number,
  ) {
    this.#sliceSamples = Math.ceil(windowSamples / slices);
    const { elements, means, deviations, classes } = baseline;
    const counter = (feature: DriftFeature, distribution: Distribution): Counter => ({
      feature,
      distribution,
      counts: new Uint32Array(slices * distribution.shares.length),
    });
    this.#counters = [
      counter('elements', elements),
      counter('means', means),
      counter('deviations', deviations),
      ...(classes === null ? [] : [counter('confidence', classes.confidence)]),
    ];
    this.#classes = new Uint32Array(slices * (classes?.shares.length ?? 0));
  }

  add(features: Features): void {
    if (this.#totals[this.#slice * totals + sampleCount]! >= this.#sliceSamples) this.#turn();
    this.#taken++;
    const base = this.#slice * totals;
    this.#totals[base + sampleCount]!++;
    this.#totals[base + looked]! += features.looked;
    this.#totals[base + notFinite]! += features.notFinite;
    this.#totals[base + outside]! += features.outside;
    const classCount = this.baseline.classes?.shares.length ?? 0;
    const isClassified = features.top >= 0 && features.classes === classCount;
    if (isClassified) {
      this.#totals[base + classified]!++;
      this.#classes[this.#slice * classCount + features.top]!++;
    }
    for (const { feature, distribution, counts } of this.#counters) {
      const { edges, shares } = distribution;
      const from = this.#slice * shares.length;
      if (feature === 'elements')
        for (let i = 0; i < features.count; i++) counts[from + binOf(edges, features.elements[i]!)]!++;
      else if (feature === 'confidence') {
        if (isClassified) counts[from + binOf(edges, features.confidence)]!++;
      } else if (features.count > 0)
        counts[from + binOf(edges, feature === 'means' ? features.mean : features.deviation)]!++;
    }
  }

  get samples(): number {
    return this.#total(sampleCount);
  }

  /** Samples since it was empty: more than it holds, which are fewer again whenever a slice is emptied. */
  get taken(): number {
    return this.#taken;
  }

  /** Every measure of this value on the window. */
  judge(baselineSamples: number): readonly ValueJudgement[] {
    const { classes, range } = this.baseline;
    const judgements: ValueJudgement[] = [];
    for (const { feature, distribution, counts } of this.#counters) {
      const window = feature === 'confidence' ? this.#total(classified) : this.samples;
      const sums = sumSlices(counts);
      if (window === 0 || sums.every((count) => count === 0)) continue;
      const sizes = { window, baseline: baselineSamples };
      judgements.push(
        { feature, measure: 'population stability index', ...populationStability(distribution, sums, sizes) },
        { feature, measure: 'Kolmogorov-Smirnov distance', ...kolmogorovSmirnov(distribution, sums, sizes) },
      );
    }
    const window = this.#total(classified);
    if (classes !== null && window > 0)
      judgements.push({
        feature: 'classes',
        measure: 'change of class shares',
        ...classChange(classes.shares, sumSlices(this.#classes), { window, baseline: baselineSamples }),
      });
    const seen = this.#total(looked);
    const shareOf = (total: number): number => (seen === 0 ? 0 : this.#total(total) / seen);
    judgements.push({
      feature: 'elements',
      measure: 'share not finite',
      ...notFiniteExcess(shareOf(notFinite), this.baseline.notFinite),
    });
    if (range !== null)
      judgements.push({
        feature: 'elements',
        measure: 'share out of range',
        ...rangeExcess(shareOf(outside), range.outside),
      });
    return judgements;
  }

  reset(): void {
    for (const { counts } of this.#counters) counts.fill(0);
    this.#classes.fill(0);
    this.#totals.fill(0);
    this.#taken = 0;
    this.#slice = 0;
  }

  #turn(): void {
    this.#slice = (this.#slice + 1) % slices;
    this.#totals.fill(0, this.#slice * totals, (this.#slice + 1) * totals);
    for (const counts of [...this.#counters.map((counter) => counter.counts), this.#classes]) {
      const size = counts.length / slices;
      counts.fill(0, this.#slice * size, (this.#slice + 1) * size);
    }
  }

  #total(which: number): number {
    let total = 0;
    for (let slice = 0; slice < slices; slice++) total += this.#totals[slice * totals + which]!;
    return total;
  }
}

function sumSlices(counts: Uint32Array): Float64Array {
  const size = counts.length / slices;
  const sums = new Float64Array(size);
  for (let i = 0; i < counts.length; i++) sums[i % size]! += counts[i]!;
  return sums;
}
