// Data of another size than the model expects, as pixels of 0 to 255 where 0 to 1 was trained.
import { medianOf, reachOf } from '../layer-statistics.js';
import { type Cause, type Evidence, type Finding, factorText } from './cause.js';

/** Bytes for shares are 255 times too large, standardised for raw pixels some 60 times too small. Ordinary data of another kind
 *  is within a factor of 8. */
const most = 8;

export const preprocessing: Cause = {
  name: 'preprocessing',
  summary: 'the data given is of another size than the model was made for',
  find: (evidence) => atInput(evidence) ?? atNorm(evidence) ?? [],
};

const remedy =
  'Prepare the data as in training: --preprocess, as in {"scale":0.0039216} for bytes where 0 to 1 is expected.';

/** The range of the quantised input tells what the model was calibrated on. */
function atInput({ layers }: Evidence): readonly Finding[] | undefined {
  const found = layers.flatMap(({ pair, statistics, quantizer }): Finding[] => {
    if (pair.op !== 'input' || statistics === undefined || quantizer === undefined) return [];
    const given = Math.max(...statistics.channels.map(reachOf));
    const expected = Math.max(-quantizer.min, quantizer.max);
    const ratio = given / expected;
    if (given === 0 || (ratio < most && ratio > 1 / most)) return [];
    return [
      {
        cause: preprocessing.name,
        severity: 'fault',
        layer: pair.name,
        message: `The data given reaches ${factorText(given)}, the input of the file was made for ${factorText(expected)}: ${factorText(Math.max(ratio, 1 / ratio))} times too ${ratio > 1 ? 'large' : 'small, unless one sample of the calibration was too large'}.`,
        evidence: { given, expected, ratio },
        remedy,
        options: [],
      },
    ];
  });
  return found.length > 0 ? found : undefined;
}

/** What enters the first BatchNormalization should be as its running statistics say. */
function atNorm({ norm }: Evidence): readonly Finding[] | undefined {
  if (norm === undefined) return undefined;
  const ratios = norm.deviation.map((d, c) => d / norm.trainedDeviation[c]!);
  const shifts = norm.mean.map((m, c) => Math.abs(m - norm.trainedMean[c]!) / norm.trainedDeviation[c]!);
  const [ratio, shift] = [medianOf(ratios), medianOf(shifts)];
  if (ratio < most && ratio > 1 / most && shift < most) return undefined;
  return [
    {
      cause: preprocessing.name,
      severity: 'fault',
      layer: norm.node,
      message: `What enters '${norm.node}' has ${factorText(ratio)} times the standard deviation that it was trained on, and a mean ${factorText(shift)} standard deviations off (medians over the channels).`,
      evidence: { ratio, shift },
      remedy,
      options: [],
    },
  ];
}
