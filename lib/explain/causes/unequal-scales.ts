// Values of very different size that meet in one scale.
import { medianOf, reachOf } from '../layer-statistics.js';
import { type Cause, type Finding, factorText, type LayerFacts } from './cause.js';

/** Steps of the common scale that the smaller part must span: four bits where it stays apart, two where it is added to what is
 *  larger and rounded with it anyway. */
const leastSteps: Readonly<Record<string, number>> = { Concat: 16, Add: 4 };

export const unequalScales: Cause = {
  name: 'unequal-scales',
  summary:
    'the parts of a sum or concatenation differ so much in size that the smaller one vanishes in the common scale',
  find: ({ layers }) => layers.flatMap((layer) => find(layer) ?? []),
};

function find({ pair, quantizer, sources }: LayerFacts): Finding | undefined {
  const least = leastSteps[pair.op];
  if (least === undefined || quantizer === undefined || sources.length < 2) return undefined;
  const reaches = sources.map(({ statistics }) => medianOf(statistics?.channels.map(reachOf) ?? []));
  if (reaches.some((reach) => reach === 0)) return undefined;
  const small = reaches.indexOf(Math.min(...reaches));
  const ratio = Math.max(...reaches) / reaches[small]!;
  const steps = reaches[small]! / quantizer.scale;
  if (steps >= least) return undefined;
  return {
    cause: unequalScales.name,
    severity: 'fault',
    layer: pair.name,
    message: `What comes from '${sources[small]!.pair.name}' is ${factorText(ratio)} times smaller than the other part and spans ${factorText(steps)} of ${quantizer.steps} steps of the common scale.`,
    evidence: { ratio, steps, of: quantizer.steps },
    remedy: 'Keep this node in float.',
    options: [`--exclude-names ${pair.name}`],
  };
}
