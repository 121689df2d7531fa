// What to do about it: command lines that mend the causes found, and what they gain where that can be tried here.
import { integerWeights } from '../compress/quantize/check-request.js';
import type { QuantizeOptions } from '../compress/quantize/options.js';
import { quantize } from '../compress/quantize-model.js';
import type { Graph } from '../graph/graph.js';
import type { Model } from '../model/model.js';
import { isDequantize, isQuantize } from '../passes/quantized-value.js';
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
  readonly compressed: Model;
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
    return noise > 0 && decibels(noise) < poor ? [training(context)] : [];
  const advice: Advice[] = [];
  // What is made of the original again has all channels; and a layer behind others of fewer channels cannot be exchanged alone.
  const same = !shrunk(layers);
  const loud = layers
    .filter((layer) => same && layer.op !== 'input' && (layer.share ?? 0) >= leastShare)
    .slice(0, mostLayers);
  const steps = loud.length + 1;
  context.onTrial(0, steps);
  const faulty = findings.some(({ severity }) => severity === 'fault');
  if (faulty && !quantized(context.original) && same) advice.push(await quantizedAgain(context));
  for (const [i, layer] of loud.entries()) {
    context.onTrial(i + 1, steps);
    advice.push(await leftInFloat(context, layer));
  }
  const helpful = advice
    .filter(({ trial }) => gainOf(trial!) >= leastGain)
    .sort((a, b) => gainOf(b.trial!) - gainOf(a.trial!));
  const best = Math.max(decibels(noise), ...advice.map(({ trial }) => trial?.sqnrAfter ?? 0));
  return best < poor ? [...helpful, training(context)] : helpful;
}

/** Careful, for no rate suits all models. */
function training({ compressed: { graph }, layers, words }: AdviceContext): Advice {
  const { original, compressed, data } = words;
  const stored = integerWeights(graph);
  const taught = (student: string, teacher: string, ...how: readonly string[]): string =>
    ['kompakt distill', student, `--teacher ${teacher}`, data, ...how, '--careful -o trained.onnx'].join(' ');
  if (stored !== undefined && !(isDequantize(stored.node) && graph.nodes.some(isQuantize)))
    return {
      text: `Train the original with the roundings in it, and as its own teacher: ${stored.node.op} of the compressed model computes with integers, which do not learn.`,
      command: taught(original, 'self', '--method lsq', ...bitFlags(fewBitsOf(layers))),
      trial: null,
    };
  return {
    text: 'Train the compressed model further, with the original as its teacher (add --sparsity kept where zeros of pruning shall stay).',
    // A quantised model is trained as such where an option of that is given.
    command: taught(compressed, original, ...(stored === undefined ? [] : ['--method lsq'])),
    trial: null,
  };
}

const longer = ({ original, data }: CommandWords): Advice => ({
  text: 'One-bit models get better by longer training on more data; the original teaches its twin.',
  command: `kompakt binarize ${original} ${data} --epochs 50 -o binary.onnx`,
  trial: null,
});

const quantized = ({ graph }: Model): boolean => integerWeights(graph) !== undefined;

/** Whether channels have left. */
const shrunk = (layers: readonly LayerReport[]): boolean =>
  layers.some(({ channels }) => channels !== null && channels.after < channels.before);

/** A file of 8 bits need not use all of them: 7 are no wish for fewer. */
const mostFew = 6;

type Bits = Pick<NonNullable<QuantizeOptions>, 'weightBits' | 'activationBits'>;

/** The fewer bits that the compressed model has in inner layers, for what is quantised anew to have them too. */
function fewBitsOf(layers: readonly LayerReport[]): Bits {
  const fewest = (name: keyof Bits, bits: readonly (number | null)[]): Bits => {
    const few = bits.filter((one) => one !== null && one >= 2 && one <= mostFew);
    return few.length === 0 ? {} : { [name]: Math.min(...(few as number[])) };
  };
  return {
    ...fewest(
      'weightBits',
      layers.map((layer) => layer.weightBits),
    ),
    ...fewest(
      'activationBits',
      layers.map((layer) => layer.outputBits),
    ),
  };
}

const bitFlags = ({ weightBits, activationBits }: Bits): readonly string[] => [
  ...(weightBits === undefined ? [] : [`--weight-bits ${weightBits}`]),
  ...(activationBits === undefined ? [] : [`--act-bits ${activationBits}`]),
];

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
  const { original, findings, samples, words, study, layers } = context;
  const faults = findings.filter(({ severity }) => severity === 'fault');
  const { text, settings } = optionsOf(faults, study.original.nodes);
  // Unless the number of bits is what is to be mended.
  const { weightBits, ...others } = fewBitsOf(layers);
  const bits = text.includes('--weight-bits') ? others : { ...others, weightBits };
  const command = ['kompakt quantize', words.original, words.data, ...bitFlags(bits), text, '-o mended.onnx']
    .filter(Boolean)
    .join(' ');
  const tensors = samples.map((feeds) =>
    Object.fromEntries([...feeds].map(([name, value]) => [name, toTensor(value)])),
  );
  const { model } = await quantize(original, { data: tensors, ...bits, ...settings });
  const meter = await EndMeter.make(study.original, model.graph, context.trial);
  const after = await meter.measure(meter.show(model.graph, 'compressed'));
  return {
    text: `Quantise the original again, with what mends the causes above (tried with the ${samples.length} samples given).`,
    command,
    trial: await trialOf(context, after, model.graph),
  };
}

async function leftInFloat(context: AdviceContext, layer: LayerReport): Promise<Advice> {
  const { study, meter, words, layers } = context;
  const pair = study.comparable.find(({ name }) => name === layer.name)!;
  const mended = withLayersOf(study.compressed, study.spans.original, study.comparable, [pair], 'original');
  const shown = meter.show(study.compressed, 'compressed');
  const after = await meter.measure(
    withLayersOf(shown, study.spans.original, study.comparable, [pair], 'original'),
  );
  return {
    text: `Leave '${layer.name}' in float (tried in this file).`,
    command: [
      ...['kompakt quantize', words.original, words.data, ...bitFlags(fewBitsOf(layers))],
      `--exclude-names ${quoted(layer.name)} -o mended.onnx`,
    ].join(' '),
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
