// Samples as users give them for training, and as training reads them.
import type { Graph } from '../graph/graph.js';
import { type SamplesOf, samplesIn } from '../session/samples.js';
import { type Tensors, toValues } from '../session/values.js';
import { sampleName } from './evaluate.js';
import { classesOf, requireLabel } from './reading.js';
import type { TrainingSample } from './training-data.js';

/** A sample to learn from. */
export interface Lesson {
  /** For messages: where it comes from. */
  readonly name?: string;
  /** Model inputs with a batch dimension of 1. */
  readonly feeds: Tensors;
  /** Class index, for classifiers. */
  readonly label?: number;
  /** What else the loss compares outputs with, by name: `target` for mean squared error and the like. */
  readonly targets?: Tensors;
}

/** The samples, to be read as often as asked; labels are checked against the classes of the model where they are known. */
export function samplesOf(data: SamplesOf<Lesson>, graph: Graph): AsyncIterable<TrainingSample> {
  const dims = graph.outputs[0]!.dims;
  const scores = dims?.length === 1 ? 1 : dims?.length === 2 ? dims[1] : null;
  const classes = typeof scores === 'number' ? classesOf(scores) : Number.POSITIVE_INFINITY;
  return {
    async *[Symbol.asyncIterator]() {
      let number = 0;
      for await (const { name: given, feeds, label, targets } of samplesIn<Lesson>(data)) {
        const name = sampleName(given, number++);
        if (label !== undefined) requireLabel(label, classes, `sample ${name}`);
        yield {
          name,
          inputs: toValues(feeds),
          ...(label !== undefined && { label }),
          ...(targets && { targets: toValues(targets) }),
        };
      }
    },
  };
}
