// Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019), whose decay is no part of the gradient.
import { z } from 'zod';
import { float } from '../../ops/gradients/emit.js';
import { parseOptions } from '../../session/parse-options.js';
import type { Optimizer } from '../training.js';
import { adamShape, adamWShape } from './options.js';
import { commonAttributes, updateInputs } from './update.js';

export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

function adamLike(name: string, { beta1, beta2, epsilon, decay }: Required<AdamWOptions>): Optimizer {
  return {
    name,
    slots: ['mean', 'square'],
    hypers: 3,
    hyper: (learningRate, step, out) => {
      out[0] = learningRate / (1 - beta1 ** step);
      out[1] = 1 / Math.sqrt(1 - beta2 ** step);
      out[2] = learningRate;
    },
    build: (writer, update) =>
      writer.add(
        'AdamUpdate',
        updateInputs(update),
        {
          beta1: float(beta1),
          beta2: float(beta2),
          epsilon: float(epsilon),
          decay: float(update.decays ? decay : 0),
          ...commonAttributes(update),
        },
        { domain: 'ai.kompakt', outputs: 3 },
      ),
  };
}

const adamSchema = z.strictObject(adamShape);
const adamWSchema = z.strictObject(adamWShape);

/** Throws KPT_OPTION_INVALID. */
export const adam = (options: AdamOptions = {}): Optimizer =>
  adamLike('adam', { ...parseOptions(adamSchema, options, 'adam'), decay: 0 });

export interface AdamWOptions extends AdamOptions {
  /** Part of every weight, times the learning rate, that is lost in a step; the regulariser says what counts as a weight. */
  readonly decay?: number;
}

/** Throws KPT_OPTION_INVALID. */
export const adamW = (options: AdamWOptions = {}): Optimizer =>
  adamLike('adamw', parseOptions(adamWSchema, options, 'adamW'));
