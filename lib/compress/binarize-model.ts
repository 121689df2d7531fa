// Binarisation for users: a model and samples in, a model with one-bit layers and a report out.

import type { z } from 'zod';
import { KompaktError } from '../errors.js';
import type { Model } from '../model/model.js';
import { requireTeachers } from '../model/require-model.js';
import { foldConstants } from '../passes/fold-constants.js';
import { keptSamples } from '../session/kept-samples.js';
import { parseOptions } from '../session/parse-options.js';
import { requireRepeatable, type SamplesOf, samplesIn } from '../session/samples.js';
import { distill } from '../train/distill.js';
import { answersOf, evaluate, type LabelledSample } from '../train/evaluate.js';
import { type FinetuneOptions, finetune } from '../train/finetune.js';
import { checkOutputs } from '../train/outputs.js';
import type { Prepare } from '../train/preparation.js';
import { classesOf } from '../train/reading.js';
import type { Lesson, TrainedModel, TrainingInputs } from '../train/train-model.js';
import { withBinaryActivations } from './binarize/activations.js';
import { chooseLayers, type Layers } from './binarize/layers.js';
import type { BinaryMethod } from './binarize/method.js';
import { binaryMethods } from './binarize/methods/index.js';
import {
  type binarizeOptions,
  type CompleteBinarizeOptions,
  binarizeOptions as schema,
} from './binarize/options.js';
import { activationStage, weightStage } from './binarize/prepare.js';
import { type BinarizeReport, describeLayers, notesOf } from './binarize/report.js';
import { rankLayers } from './binarize/sensitivity.js';
import { quantize } from './quantize-model.js';

/** `data` is read several times: it must begin anew each time. */
export interface BinarizeOptions extends z.input<typeof binarizeOptions>, TrainingInputs {
  /** One or several models of the same classes that teach; 'self': the model as it was, which is the default when it is trained
   *  already. */
  readonly teacher?: Model | readonly Model[] | 'self';
}

export interface BinarizedModel {
  readonly model: Model;
  readonly report: BinarizeReport;
}

/** Trains a binary twin of a model, trained already or not. */
export async function binarize(model: Model, options: BinarizeOptions): Promise<BinarizedModel> {
  const { data, evaluate: judged, onEvent, signal, teacher, ...own } = options;
  const settings = parseOptions(schema, own, 'binarize');
  if (teacher !== undefined && settings.teach === false)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      'Option teach of binarize is false, but a teacher is given.',
    );
  requireTeachers(teacher, 'binarize');
  const inputs: TrainingInputs = {
    data: requireRepeatable(data, 'data', 'binarize'),
    ...(judged && { evaluate: judged }),
    ...(onEvent && { onEvent }),
    ...(signal && { signal }),
  };
  // The stage that writes the curves is the last one.
  await checkOutputs(settings);
  const method = binaryMethods.find(({ name }) => name === settings.method)!;
  const source = model.withGraph(foldConstants.run(model.graph));
  const layers = await layersOf(source, method, settings, inputs);
  const trained = await isTrained(source, judged ?? data, settings.threads);
  const accuracyBefore =
    judged === undefined || !trained
      ? null
      : (await evaluate(source, judged, { threads: settings.threads })).accuracy;
  const binary = await train(source, method, layers, settings, inputs, { trained, teacher });
  const result = await withRest(binary.weights.model, settings, inputs);
  const described = describeLayers(source.graph, result.graph, layers, settings.activationBits);
  return {
    model: result,
    report: {
      method: method.name,
      layers: described,
      trained,
      activationStage: binary.activations?.report ?? null,
      weightStage: binary.weights.report,
      accuracyBefore,
      accuracyAfter:
        judged === undefined
          ? null
          : (await evaluate(result, judged, { threads: settings.threads })).accuracy,
      notes: notesOf(described, method.name),
    },
  };
}

/** Samples on which it is seen whether a model is trained: so many at least, where there are. */
const trainedSamples = 500;

/** Labelled samples from everywhere: they may be sorted by class. */
async function spread(samples: SamplesOf<Lesson | LabelledSample>): Promise<readonly LabelledSample[]> {
  let taken: LabelledSample[] = [];
  let [seen, stride] = [0, 1];
  for await (const { feeds, label } of samplesIn<Lesson | LabelledSample>(
    keptSamples<Lesson | LabelledSample>(samples),
  )) {
    if (label === undefined || seen++ % stride !== 0) continue;
    taken.push({ feeds, label });
    if (taken.length < 2 * trainedSamples) continue;
    taken = taken.filter((_, i) => i % 2 === 0);
    stride *= 2;
  }
  return taken;
}

/** A model is trained when it is right twice as often as by chance or, of few classes, when it is more than half way from chance to
 *  all. Without labels nobody can tell: it is taken for trained. */
async function isTrained(
  model: Model,
  samples: SamplesOf<Lesson | LabelledSample>,
  threads: number,
): Promise<boolean> {
  const labelled = await spread(samples);
  if (labelled.length === 0) return true;
  let [right, classes] = [0, 2];
  for await (const { answer, label, values } of answersOf(model, labelled, { threads })) {
    classes = classesOf(values.length);
    if (answer === label) right++;
  }
  return right / labelled.length > Math.min(2, (1 + classes) / 2) / classes;
}

async function layersOf(
  model: Model,
  method: BinaryMethod,
  { layers: choice, activationBits, threads }: CompleteBinarizeOptions,
  { data }: TrainingInputs,
): Promise<Layers> {
  const form = activationBits === 1 ? 'binary' : 'weights';
  const chosen = chooseLayers(model.graph, choice, form);
  if (choice.keepSensitive === 0) return chosen;
  const ranked = await rankLayers(model.graph, chosen.binary, method, data, threads);
  const keep = ranked.slice(0, choice.keepSensitive).map(({ layer }) => layer.node);
  const { binary, kept } = chooseLayers(model.graph, { ...choice, keep: [...choice.keep, ...keep] }, form);
  const damage = new Map(ranked.map(({ layer, damage: share }) => [layer.node, share]));
  return {
    binary,
    kept: kept.map((layer) =>
      keep.includes(layer.node)
        ? {
            ...layer,
            why: `alone it would change the output by ${(100 * damage.get(layer.node)!).toFixed(1)} %`,
          }
        : layer,
    ),
  };
}

/** Share of the epochs whose weights are still real, when nothing else is said. */
const activationShare = 1 / 3;

/** One stage or two, taught by the teachers given, by the model as it was, or by labels alone. */
async function train(
  model: Model,
  method: BinaryMethod,
  { binary }: Layers,
  settings: CompleteBinarizeOptions,
  inputs: TrainingInputs,
  { trained, teacher }: { readonly trained: boolean; readonly teacher: BinarizeOptions['teacher'] },
): Promise<{ readonly activations: TrainedModel | undefined; readonly weights: TrainedModel }> {
  const {
    method: _,
    activationBits,
    layers: __,
    activationEpochs,
    teach,
    rest,
    epochs,
    ...training
  } = settings;
  const teaching = teach ?? (trained || teacher !== undefined ? { softWeight: 1, temperature: 1 } : false);
  // 'self' of distill would be the student, which has one-bit activations in the second stage.
  const taughtBy = teacher === undefined || teacher === 'self' ? model : teacher;
  const form = withBinaryActivations(model.graph, binary, method.activations);
  const learn = (student: Model, prepare: Prepare, own: Partial<FinetuneOptions>): Promise<TrainedModel> => {
    const options = { ...training, ...own, ...inputs, prepare };
    return teaching === false
      ? finetune(student, options)
      : distill(student, { ...options, ...teaching, teacher: taughtBy });
  };
  const usual = trained && activationBits === 1 ? Math.floor(epochs * activationShare) : 0;
  const first = Math.min(activationEpochs ?? usual, epochs - 1);
  const activations =
    first > 0
      ? await learn(model, () => activationStage(form, method, binary), {
          epochs: first,
          earlyStopping: undefined,
          curves: undefined,
          ...(settings.checkpoint && {
            checkpoint: { ...settings.checkpoint, path: `${settings.checkpoint.path}.activations` },
          }),
        })
      : undefined;
  const student = activations?.model ?? model.withGraph(form.graph);
  const weights = await learn(student, (graph) => weightStage(form, graph, method, binary), {
    epochs: epochs - first,
  });
  return { activations, weights };
}

/** Calibration samples for layers that are not binary. */
const calibrationSamples = 300;

/** The layers that are not binary as INT8, where that is wanted and activations are not to stay in float. */
async function withRest(
  model: Model,
  { rest, activationBits }: CompleteBinarizeOptions,
  { data, signal }: TrainingInputs,
): Promise<Model> {
  if (activationBits === 32 || (rest === 'float' && activationBits === 1)) return model;
  // Equalisation would move scales into weights that are all alike.
  const options = { samples: calibrationSamples, equalize: false, ...(signal && { signal }) };
  return (await quantize(model, { data, ...options })).model;
}
