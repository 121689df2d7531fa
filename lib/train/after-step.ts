// What happens to parameters after the update of each step, outside the program of the step: their norms are limited, and averages
// follow them. Both go through all weights once, which is little beside a step.
import { type TensorValue, tensor } from '../tensor/tensor.js';
import { limitNorms } from './max-norm.js';
import type { StateValue } from './training-graph.js';

export interface AfterStepOptions {
  /** Parameters whose norms along an axis are limited. */
  readonly norms: ReadonlyMap<string, { readonly axis: number; readonly most: number }>;
  /** Decay of the averages; undefined: there are none. */
  readonly average: number | undefined;
  /** State of which there is none. */
  readonly unaveraged: readonly string[];
  readonly read: (value: StateValue, into: Float32Array) => void;
  readonly write: (value: StateValue, values: Float32Array) => void;
}

interface Followed {
  readonly value: StateValue;
  readonly present: Float32Array;
  readonly mean: Float32Array | undefined;
  readonly norm: { readonly axis: number; readonly most: number } | undefined;
}

/** Name of an average in checkpoints. */
const averageName = ({ name }: StateValue): string => `${name}/average`;

export class AfterStep {
  readonly #options: AfterStepOptions;
  readonly #followed: readonly Followed[];

  /** `kept`: state that becomes part of the model: parameters and running statistics. */
  constructor(kept: readonly StateValue[], options: AfterStepOptions) {
    this.#options = options;
    this.#followed = kept.flatMap((value): readonly Followed[] => {
      const norm = options.norms.get(value.name);
      const averaged =
        options.average !== undefined &&
        value.initial.dtype === 'float32' &&
        !options.unaveraged.includes(value.name);
      if (norm === undefined && !averaged) return [];
      const initial = value.initial.data as Float32Array;
      const mean = averaged ? Float32Array.from(initial) : undefined;
      return [{ value, present: new Float32Array(initial.length), mean, norm }];
    });
  }

  /** After update number `step`, counted from 1. Makes no garbage. */
  run(step: number): void {
    const { average = 0, read, write } = this.#options;
    // Early averages forget sooner: the first weights shall not count for as long as the decay says (as in TensorFlow's
    // ExponentialMovingAverage with num_updates).
    const rest = 1 - Math.min(average, (1 + step) / (10 + step));
    for (const { value, present, mean, norm } of this.#followed) {
      read(value, present);
      if (norm !== undefined && limitNorms(present, value.initial.dims, norm.axis, norm.most))
        write(value, present);
      if (mean !== undefined)
        for (let i = 0; i < mean.length; i++) mean[i] = mean[i]! + rest * (present[i]! - mean[i]!);
    }
  }

  /** The averages by the names of what they are of. */
  averages(): ReadonlyMap<string, TensorValue> {
    return this.#named(({ name }) => name);
  }

  /** The averages as they stand in checkpoints. */
  state(): ReadonlyMap<string, TensorValue> {
    return this.#named(averageName);
  }

  restore(state: ReadonlyMap<string, TensorValue>): void {
    for (const { value, mean } of this.#followed)
      mean?.set(state.get(averageName(value))!.data as Float32Array);
  }

  #named(nameOf: (value: StateValue) => string): ReadonlyMap<string, TensorValue> {
    return new Map(
      this.#followed.flatMap(({ value, mean }) =>
        mean === undefined
          ? []
          : [[nameOf(value), tensor('float32', value.initial.dims, mean.slice())] as const],
      ),
    );
  }
}
