// Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019), whose decay is no part of the gradient.
import { float } from '../../ops/gradients/emit.js';
import type { Optimizer } from '../training.js';
import { commonAttributes, updateInputs } from './update.js';

export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

function adamLike(name: string, decay: number, options: AdamOptions): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
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
          decay: float(decay),
          ...commonAttributes(update),
        },
        { domain: 'ai.kompakt', outputs: 3 },
      ),
  };
}

export const adam = (options: AdamOptions = {}): Optimizer => adamLike('adam', 0, options);

export interface AdamWOptions extends AdamOptions {
  /** Part of every parameter, times the learning rate, that is lost in a step. */
  readonly decay?: number;
}

export const adamW = ({ decay = 0.01, ...options }: AdamWOptions = {}): Optimizer =>
  adamLike('adamw', decay, options);
