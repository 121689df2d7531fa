// The option `quantize` of finetune and distill as the preparation that they are given.
import { KompaktError } from '../../errors.js';
import { parseOptions } from '../../session/parse-options.js';
import { optimizerOptions, usualRate } from '../../train/options.js';
import type { Prepare } from '../../train/preparation.js';
import type { TrainingInputs } from '../../train/train-model.js';
import { feedsOf } from '../feeds-of.js';
import { type QatOptions, qatOptions } from './options.js';
import { quantizationAware } from './preparation.js';

/** What of the other options of a run decides how it is prepared. */
interface RunOptions extends Pick<TrainingInputs, 'data' | 'signal'> {
  readonly optimizer?: unknown;
  readonly learningRate?: number;
  readonly prepare?: Prepare;
  readonly residualRank?: number;
}

/** Rates at which trained networks learn on, as a part of those at which they learn from scratch. */
const rateShare = 0.1;

/** The options that change; none where nothing is to be quantised. */
export function prepareFor(
  method: 'finetune' | 'distill',
  quantize: QatOptions | undefined,
  { data, optimizer = 'sgd', learningRate, signal, prepare, residualRank }: RunOptions,
): { readonly prepare?: Prepare; readonly learningRate?: number } {
  if (quantize === undefined) return {};
  const other = Object.entries({ prepare, residualRank }).find(([, value]) => value !== undefined);
  if (other !== undefined)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `Options quantize and ${other[0]} of ${method} are two ways to change what is trained; give one.`,
    );
  const complete = parseOptions(qatOptions, quantize, `${method}.quantize`);
  // Wrong optimisers are told apart where all options are read.
  const { name } = optimizerOptions.safeParse(optimizer).data ?? { name: 'sgd' as const };
  return {
    learningRate: learningRate ?? rateShare * usualRate[name],
    prepare: quantizationAware(complete, quantize, {
      data: () => feedsOf(data),
      optimizer: name,
      ...(signal && { signal }),
    }),
  };
}
