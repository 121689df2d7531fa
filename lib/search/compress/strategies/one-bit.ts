// Inner layers of one bit a weight and activation, where they are wide enough to pay; the others in INT8.

import { counted } from '../../../report/table.js';
import { isCandidate, type Trial } from '../trial.js';
import type { LayerFacts } from '../weighted-layers.js';
import { accuracyMatters, madeBy } from './common.js';
import type { Findings, Proposal, Strategy } from './strategy.js';

/** Channels from which on layers of one bit are faster than INT8 (docs/benchmarks.md). */
const wide = 64;
/** Share of all weights that wide layers must have for their form to matter. */
const leastShare = 0.25;
/** Training has to begin anew with one bit. */
const epochsFactor = 3;
/** Of the bytes of a layer in INT8, those that are left. */
const bytesLeft = 1 / 8;
/** Points over the line that more epochs may make up for. */
const promisingPoints = 5;

export const oneBit: Strategy = {
  name: 'one-bit',
  summary: 'wide inner layers of one bit, taught by the original',
  trains: true,
  *explore(findings): Generator<Proposal, void, Trial> {
    const { settings, excess, skip } = findings;
    const what = 'layers of one bit';
    const layers = wideLayers(findings.layers);
    const share = weightsOf(layers) / Math.max(1, weightsOf(findings.layers));
    if (layers.length === 0) return skip(what, `no inner layer has ${wide} channels to read and to write`);
    if (share < leastShare)
      return skip(
        what,
        `layers of ${wide} channels and more have only ${Math.round(100 * share)} % of the weights`,
      );
    const why = tooLarge(findings, share) ?? pointless(findings);
    if (why !== undefined) return skip(what, why);
    const steps = (epochs: number): Proposal['steps'] => [
      {
        method: 'binarize',
        epochs,
        batch: settings.batch,
        seed: settings.seed,
        layers: { only: layers.map(({ name }) => name) },
      },
    ];
    const epochs = epochsFactor * settings.epochs;
    const first = yield {
      steps: steps(epochs),
      why: `inner layers of ${wide} channels and more have ${Math.round(100 * share)} % of the weights`,
    };
    if (!isCandidate(first) || !accuracyMatters(findings, first)) return;
    const { drop } = first.measures.accuracy;
    if (drop > promisingPoints || (excess(first, 'bytes') > 0 && excess(first, 'latency') > 0))
      return skip(
        'more epochs with one bit',
        `trial ${first.number} drops ${drop.toFixed(2)} points: too far to come back`,
      );
    yield { steps: steps(2 * epochs), why: `${counted(epochs, 'epoch')} drop ${drop.toFixed(2)} points` };
  },
};

/** Neither the first nor the last: inputs and answers do not bear one bit. */
const wideLayers = (layers: readonly LayerFacts[]): readonly LayerFacts[] =>
  layers
    .slice(1, -1)
    .filter(
      ({ op, groups, inputs, outputs }) =>
        ['Conv', 'Gemm', 'MatMul'].includes(op) && groups === 1 && inputs >= wide && outputs >= wide,
    );

const weightsOf = (layers: readonly LayerFacts[]): number =>
  layers.reduce((sum, { weights }) => sum + weights, 0);

/** Why not even the least size that one bit gives is enough. */
function tooLarge(findings: Findings, share: number): string | undefined {
  const [int8] = madeBy(findings, 'int8');
  if (int8 === undefined) return undefined;
  const least = 1 - share * (1 - bytesLeft);
  const over = (1 + findings.excess(int8, 'bytes')) * least - 1;
  return over > 0
    ? `they would leave ${Math.round(100 * least)} % of the bytes of INT8, which is still too large`
    : undefined;
}

/** Why it would bring nothing: the most accurate model is wanted, and one in more bits keeps all other lines. */
function pointless({ objective, candidates }: Findings): string | undefined {
  const kept = candidates.find(({ number, keeps }) => number > 0 && keeps);
  return objective === 'accuracy' && kept !== undefined
    ? `trial ${kept.number} keeps the budget, and one bit is never more accurate`
    : undefined;
}
