// Quantisation-aware training as a Preparation: the model is quantised as quantize does it, unless it is quantised already,
// and trained with the roundings in it. What is kept and judged after every epoch is the quantised model.
import { KompaktError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import { isQuantize } from '../../passes/quantized-value.js';
import type { SamplesOf } from '../../session/samples.js';
import { type Tensors, valuesOf } from '../../session/values.js';
import type { CompleteOptimizerOptions } from '../../train/options.js';
import type { Preparation, Prepare } from '../../train/preparation.js';
import type { Origin } from '../quantize/insert-qdq.js';
import { quantize } from '../quantize/quantize.js';
import { withExecutors } from '../quantize-model.js';
import { fromFakeQuantized } from './export-form.js';
import { toFakeQuantized } from './fake-form.js';
import type { CompleteQatOptions } from './options.js';

export interface QatContext {
  /** Samples to calibrate on. */
  readonly data: SamplesOf<{ readonly feeds: Tensors }>;
  /** Of the run. */
  readonly optimizer: CompleteOptimizerOptions['name'];
  readonly signal?: AbortSignal;
}

/** `given`: the options as they were given, for what a quantised model decides itself must not be among them. */
export function quantizationAware(
  options: CompleteQatOptions,
  given: Readonly<Record<string, unknown>>,
  context: QatContext,
): Prepare {
  return async (source): Promise<Preparation> => {
    const { model, origins } = source.nodes.some(isQuantize)
      ? alreadyQuantized(source, given)
      : await quantized(source, options, context);
    const form = toFakeQuantized(model, {
      method: options.method,
      origins,
      rateOf: (scale) => (context.optimizer === 'sgd' ? 1 : scale),
      freezeAt: options.freezeAt,
    });
    return {
      graph: form.graph,
      // Without scales that stay, all that the loss depends on.
      ...(options.method === 'ste' && { trainable: form.trainable }),
      rules: form.rules,
      ...(form.progress !== undefined && { progress: form.progress }),
      identity: { quantize: options },
      finish: (trained) => fromFakeQuantized(form, trained),
    };
  };
}

interface Start {
  readonly model: Graph;
  readonly origins: ReadonlyMap<string, Origin>;
}

function alreadyQuantized(model: Graph, given: Readonly<Record<string, unknown>>): Start {
  const [name] = Object.keys(given).filter((key) => key !== 'method' && key !== 'freezeAt');
  if (name !== undefined)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `Option quantize.${name} is for models in float32: this one is quantised, and keeps its bits and layers.`,
    );
  return { model, origins: new Map() };
}

async function quantized(
  source: Graph,
  { method: _, freezeAt: __, ...options }: CompleteQatOptions,
  { data, signal }: QatContext,
): Promise<Start> {
  return withExecutors((executor) =>
    quantize(
      source,
      { ...options, rounding: 'nearest' },
      { data: valuesOf(data), executor, ...(signal && { signal }) },
    ),
  );
}
