// Post-training quantisation for users: a Model and feeds in, a Model and a report out.
import type { Feeds } from '../calibrate/collect.js';
import type { Model } from '../model/model.js';
import { GraphExecutor } from '../session/executor.js';
import { requireSamples, type SamplesOf } from '../session/samples.js';
import { type Tensors, valuesOf } from '../session/values.js';
import type { QuantizeOptions } from './quantize/options.js';
import { type QuantizeReport, quantize as quantizeGraph } from './quantize/quantize.js';
import type { MakeExecutor } from './quantize/sensitivity.js';

export interface QuantizeModelOptions extends NonNullable<QuantizeOptions> {
  /** Calibration samples: 100 to 500 are usual. */
  readonly data: SamplesOf<{ readonly feeds: Tensors }>;
  readonly onProgress?: (samples: number) => void;
  readonly signal?: AbortSignal;
}

/** Quantises a model to INT8 after calibrating it on samples. The result is QDQ ONNX. */
export async function quantize(
  model: Model,
  { data, onProgress, signal, ...options }: QuantizeModelOptions,
): Promise<{ readonly model: Model; readonly report: QuantizeReport }> {
  requireSamples(data, 'data', 'quantize');
  const result = await withExecutors((executor) =>
    quantizeGraph(model.graph, options, {
      data: valuesOf(data),
      executor,
      ...(onProgress && { progress: onProgress }),
      ...(signal && { signal }),
    }),
  );
  return { model: model.withGraph(result.model), report: result.report };
}

/** Calls `use` with a maker of executors, which are released afterwards. */
export async function withExecutors<T>(use: (make: MakeExecutor) => Promise<T>): Promise<T> {
  const executors: GraphExecutor[] = [];
  try {
    return await use(async (graph) => {
      const executor = new GraphExecutor(graph);
      executors.push(executor);
      return Object.assign((feeds: Feeds) => executor.run(feeds), { release: () => executor.release() });
    });
  } finally {
    for (const executor of executors) executor.release();
  }
}
