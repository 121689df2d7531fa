// Recipes in words, for tables: what a step does, and of its options those that tell it from others.

import { counted } from '../../report/table.js';
import type { Recipe, Step } from './recipe.js';

type Of<M extends Step['method']> = Extract<Step, { readonly method: M }>;

const percent = (share: number): string => `${+(100 * share).toFixed(1)} %`;

function bits({
  weightBits,
  activationBits,
}: {
  readonly weightBits: number;
  readonly activationBits: number;
}): string {
  return weightBits === 8 && activationBits === 8 ? 'INT8' : `W${weightBits}A${activationBits}`;
}

function quantizeWords(step: Of<'quantize'>): string {
  const { calibrator, rounding, equalize, biasCorrection, keepSqnr, perChannel, symmetric, exclude } = step;
  const excluded = exclude.names.length + exclude.types.length + exclude.patterns.length;
  return [
    bits(step),
    `${calibrator} ranges`,
    // Automatic rounding is what the bits say.
    ...(rounding === 'auto' ? [] : [rounding === 'gptq' ? 'rounded by GPTQ' : 'rounded to the nearest']),
    ...(equalize ? [] : ['not equalised']),
    ...(biasCorrection ? [] : ['biases not corrected']),
    ...(perChannel ? [] : ['one scale a tensor']),
    ...(symmetric ? ['symmetric'] : []),
    ...(keepSqnr === null ? [] : [`sensitive values in float (${keepSqnr} dB)`]),
    ...(excluded === 0 ? [] : ['some nodes in float']),
  ].join(', ');
}

function trainingWords({ method, epochs, quantize, prune }: Of<'finetune' | 'distill'>): string {
  const forms = [
    ...(quantize === undefined ? [] : [bits(quantize)]),
    ...(prune === undefined
      ? []
      : [prune.sparsity === 'kept' ? 'zeros kept' : `${percent(prune.sparsity)} zeros`]),
  ];
  const form = forms.length === 0 ? '' : ` as ${forms.join(' with ')}`;
  return `${method === 'distill' ? 'taught by the original' : 'trained'}${form}, ${counted(epochs, 'epoch')}`;
}

function pruneWords({ sparsity, threshold, channels }: Of<'prune'>): string {
  if (channels?.macs !== undefined) return `channels pruned to ${percent(channels.macs)} of the work`;
  if (channels?.share !== undefined) return `${percent(channels.share)} of the channels pruned`;
  return sparsity === undefined
    ? `weights below ${threshold} to 0`
    : `${percent(sparsity)} of the weights to 0`;
}

function stepWords(step: Step): string {
  switch (step.method) {
    case 'quantize':
      return quantizeWords(step);
    case 'prune':
      return pruneWords(step);
    case 'finetune':
    case 'distill':
      return trainingWords(step);
    case 'binarize': {
      const { only } = step.layers;
      const layers = only === undefined ? 'all inner layers' : counted(only.length, 'inner layer');
      return `${layers} of one bit, ${counted(step.epochs, 'epoch')}`;
    }
  }
}

/** "90 % zeros, 3 epochs; then INT8, mse ranges". */
export const recipeWords = ({ steps }: Pick<Recipe, 'steps'>): string =>
  steps.length === 0 ? 'as it is' : steps.map(stepWords).join('; then ');
