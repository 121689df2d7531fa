// What to do about it: command lines that mend the causes found, and what they gain where that can be tried here.
import { integerWeights } from '../compress/quantize/check-request.js';
import type { QuantizeOptions } from '../compress/quantize/options.js';
import { quantize } from '../compress/quantize-model.js';
import type { Graph } from '../graph/graph.js';
import type { Model } from '../model/model.js';
import { toTensor } from '../session/feeds.js';
import { type Answers, answersOf, isRight, type LabelledSamples, type Share, shareOf } from './answers.js';
import type { Finding } from './causes/cause.js';
import { preprocessing } from './causes/preprocessing.js';
import type { Feeds } from './feeds.js';
import type { LayerReport } from './layer-report.js';
import { decibels, EndMeter } from './noise.js';
import { withLayersOf } from './splice.js';
import type { Study } from './study.js';

export interface Trial {
  /** dB at the end of the model, before and after. */
  readonly sqnrBefore: number;
  readonly sqnrAfter: number;
  /** Shares of right answers; null without labelled samples. */
  readonly accuracyBefore: Share | null;
  readonly accuracyAfter: Share | null;
}

export interface Advice {
  readonly text: string;
  /** To be copied; null where no command of kompakt does it. */
  readonly command: string | null;
  /** What was measured; null where it was not tried. */
  readonly trial: Trial | null;
}

/** How the files are called in command lines. */
export interface CommandWords {
  readonly original: string;
  readonly compressed: string;
  /** With its options, as in "--data images:photos". */
  readonly data: string;
}

export interface AdviceContext {
  readonly original: Model;
  readonly study: Study;
  readonly findings: readonly Finding[];
  readonly layers: readonly LayerReport[];
  /** All samples, and those on which noise is measured. */
  readonly samples: readonly Feeds[];
  readonly trial: readonly Feeds[];
  readonly meter: EndMeter;
  /** Noise over signal at the end. */
  readonly noise: number;
  readonly evaluate: LabelledSamples | undefined;
  readonly answers: Answers | null;
  readonly words: CommandWords;
  readonly onTrial: (done: number, of: number) => void;
}

/** Layers with less of the error than this are not worth a trial; at most so many are tried. */
const [leastShare, mostLayers] = [0.05, 3];
/** dB at the end: what gains less is not advised. */
const leastGain = 0.5;
/** dB at the end below which training is advised when nothing else has helped. */
const poor = 20;

export async function adviceFor(context: AdviceContext): Promise<readonly Advice[]> {
  const { findings, layers, noise, words } = context;
  const wrongData = findings.find(
    ({ cause, evidence: { ratio } }) => cause === preprocessing.name && ratio! > 1,
  );
  if (wrongData !== undefined) return [{ text: wrongData.remedy, command: null, trial: null }];
  if (layers.some(({ weightBits }) => weightBits === 1)) return [longer(words)];
  const integer = layers.some(({ weightBits, outputBits }) => outputBits < 16 || (weightBits ?? 32) < 16);
  if (!integer || noise === 0 || Number.isNaN(noise))
    return noise > 0 && decibels(noise) < poor ? [training(words)] : [];
  const advice: Advice[] = [];
  const loud = layers
    .filter((layer) => layer.op !== 'input' && (layer.share ?? 0) >= leastShare)
    .slice(0, mostLayers);
  const steps = loud.length + 1;
  context.onTrial(0, steps);
  if (findings.some(({ severity }) => severity === 'fault') && !quantized(context.original))
    advice.push(await quantizedAgain(context));
  for (const [i, layer] of loud.entries()) {
    context.onTrial(i + 1, steps);
    advice.push(await leftInFloat(context, layer));
  }
  const helpful = advice
    .filter(({ trial }) => gainOf(trial!) >= leastGain)
    .sort((a, b) => gainOf(b.trial!) - gainOf(a.trial!));
  const best = Math.max(decibels(noise), ...advice.map(({ trial }) => trial?.sqnrAfter ?? 0));
  return best < poor ? [...helpful, training(words)] : helpful;
}

const training = ({ original, compressed, data }: CommandWords): Advice => ({
  text: 'Train the compressed model further, with the original as its teacher (add --sparsity kept where zeros of pruning shall stay).',
  command: `kompakt distill ${compressed} --teacher ${original} ${data} -o trained.onnx`,
  trial: null,
});

const longer = ({ original, data }: CommandWords): Advice => ({
  text: 'One-bit models get better by longer training on more data; the original teaches its twin.',
  command: `kompakt binarize ${original} ${data} --epochs 50 -o binary.onnx`,
  trial: null,
});

const quantized = ({ graph }: Model): boolean => integerWeights(graph) !== undefined;

const gainOf = ({ sqnrBefore, sqnrAfter }: Trial): number => sqnrAfter - sqnrBefore;

/** The options of all findings: those that name nodes are joined. Inputs, which have findings too, cannot be excluded. */
function optionsOf(
  findings: readonly Finding[],
  nodes: Graph['nodes'],
): {
  readonly text: string;
  readonly settings: QuantizeOptions;
} {
  const all = [...new Set(findings.flatMap(({ options }) => options))];
  const names = all
    .flatMap((option) => /^--exclude-names (.+)$/.exec(option)?.[1] ?? [])
    .filter((found) => nodes.some(({ name }) => name === found));
  const plain = all.filter((option) => !option.startsWith('--exclude-names '));
  const text = [...plain, ...(names.length > 0 ? [`--exclude-names ${quoted(names.join(','))}`] : [])].join(
    ' ',
  );
  return { text, settings: { exclude: { names } } };
}

async function quantizedAgain(context: AdviceContext): Promise<Advice> {
  const { original, findings, samples, words, study } = context;
  const faults = findings.filter(({ severity }) => severity === 'fault');
  const { text, settings } = optionsOf(faults, study.original.nodes);
  const command = ['kompakt quantize', words.original, words.data, text, '-o mended.onnx']
    .filter(Boolean)
    .join(' ');
  const tensors = samples.map((feeds) =>
    Object.fromEntries([...feeds].map(([name, value]) => [name, toTensor(value)])),
  );
  const { model } = await quantize(original, { data: tensors, ...settings });
  const meter = await EndMeter.make(study.original, model.graph, context.trial);
  const after = await meter.measure(meter.show(model.graph, 'compressed'));
  return {
    text: `Quantise the original again, with what mends the causes above (tried with the ${samples.length} samples given).`,
    command,
    trial: await trialOf(context, after, model.graph),
  };
}

async function leftInFloat(context: AdviceContext, layer: LayerReport): Promise<Advice> {
  const { study, meter, words } = context;
  const pair = study.comparable.find(({ name }) => name === layer.name)!;
  const mended = withLayersOf(study.compressed, study.spans.original, study.comparable, [pair], 'original');
  const shown = meter.show(study.compressed, 'compressed');
  const after = await meter.measure(
    withLayersOf(shown, study.spans.original, study.comparable, [pair], 'original'),
  );
  return {
    text: `Leave '${layer.name}' in float (tried in this file).`,
    command: `kompakt quantize ${words.original} ${words.data} --exclude-names ${quoted(layer.name)} -o mended.onnx`,
    trial: await trialOf(context, after, mended),
  };
}

async function trialOf(
  { noise, evaluate, answers }: AdviceContext,
  after: number,
  graph: Graph,
): Promise<Trial> {
  const share = (given: Answers): Share => {
    const right = isRight(given);
    return shareOf(given.labels.filter((_, i) => right(i)).length, given.labels.length);
  };
  return {
    sqnrBefore: decibels(noise),
    sqnrAfter: decibels(after),
    accuracyBefore: answers && share(answers),
    accuracyAfter: evaluate === undefined ? null : share(await answersOf(graph, evaluate)),
  };
}

/** For a shell. */
const quoted = (text: string): string =>
  /^[\w./:,@=+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
