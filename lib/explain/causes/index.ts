// Every cause that is looked for, one line each; findings are told in this order.
import { saturation, wideRange } from './activation-range.js';
import { biasShift } from './bias-shift.js';
import { calibrationDrift } from './calibration-drift.js';
import type { Cause, Evidence, Finding } from './cause.js';
import { deadChannel } from './dead-channel.js';
import { fewBits } from './few-bits.js';
import { floatLayers } from './float-layers.js';
import { functionTail } from './function-tail.js';
import { outlierChannel } from './outlier-channel.js';
import { preprocessing } from './preprocessing.js';
import { unequalScales } from './unequal-scales.js';
import { depthwisePerTensor, perTensorWeights } from './weight-scales.js';

export const causes: readonly Cause[] = [
  preprocessing,
  calibrationDrift,
  outlierChannel,
  saturation,
  wideRange,
  depthwisePerTensor,
  perTensorWeights,
  fewBits,
  biasShift,
  unequalScales,
  functionTail,
  deadChannel,
  floatLayers,
];

/** Data that is too large leaves all ranges: that is said once. */
const followFromData: ReadonlySet<string> = new Set([calibrationDrift.name, saturation.name, wideRange.name]);

/** What holds for a model whose layers have learned other things than the original's. */
const ofAnyModel: ReadonlySet<Cause> = new Set([preprocessing, floatLayers]);

export function findCauses(evidence: Evidence): readonly Finding[] {
  // Values of one-bit layers are not those of the original rounded: nothing follows from their differing.
  const binary = evidence.layers.some(({ after }) => after?.bits === 1);
  const asked = binary ? causes.filter((cause) => ofAnyModel.has(cause)) : causes;
  const found = asked.flatMap((cause) => cause.find(evidence));
  const tooLarge = found.some(({ cause, evidence: { ratio } }) => cause === preprocessing.name && ratio! > 1);
  return tooLarge ? found.filter(({ cause }) => !followFromData.has(cause)) : found;
}
