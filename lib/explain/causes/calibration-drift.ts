// The data given leaves the ranges of the file in many layers at once: it was calibrated on other data.
import { rangeFacts } from './activation-range.js';
import { type Cause, shareText } from './cause.js';

/** Calibrators clip up to one value in a thousand of the data that they saw; ten times that is other data. */
const clipped = 0.01;
/** Share of the rounded values that must be so, and how many at least: fewer are faults of single layers. */
const [share, least] = [0.3, 3];

export const calibrationDrift: Cause = {
  name: 'calibration-drift',
  summary: 'the data leaves the ranges of the file in many layers at once',
  find: ({ layers }) => {
    const ranges = layers.flatMap((layer) => rangeFacts(layer) ?? []);
    const left = ranges.filter((facts) => facts.clipped > clipped && facts.ofClipping > 0.5);
    if (left.length < least || left.length < share * ranges.length) return [];
    const worst = Math.max(...left.map((facts) => facts.clipped));
    return [
      {
        cause: calibrationDrift.name,
        severity: 'fault',
        layer: null,
        message: `In ${left.length} of ${ranges.length} rounded values more than ${shareText(clipped)} of the data given is outside the range of the file, in the worst ${shareText(worst)}: the file was calibrated on other data.`,
        evidence: { layers: left.length, of: ranges.length, worst },
        remedy: 'Calibrate on data like that of use; check first that both are prepared in the same way.',
        options: ['--samples 300'],
      },
    ];
  },
};
