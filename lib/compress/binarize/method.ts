// The contract of a published way to train a binary network: one file in methods/, one line in methods/index.ts.

/** What stands for the derivative of sign: lib/ops/binarize.ts, or `ede`, k * tanh(t x), whose t rises over the run (signs.ts). */
export type Estimate = 'clip' | 'approx' | 'swish' | 'ede';

/** How activations become 1 and -1. */
export interface ActivationForm {
  readonly estimate: Estimate;
  /** RSign: a trained threshold a channel. */
  readonly threshold: boolean;
  /** RPReLU takes the place of activations that other layers read too. */
  readonly rprelu: boolean;
}

/** What multiplies the signs of a filter: nothing, the mean of its |weights|, the power of two next to that, or a number that
 *  is trained. */
export type Scale = 'none' | 'mean' | 'power-of-two' | 'learned';

/** How weights become binary. */
export type WeightForm =
  | {
      readonly kind: 'sign';
      readonly estimate: Estimate;
      readonly scale: Scale;
      /** Weights of a filter are brought to mean 0 and deviation 1 before their sign is taken. */
      readonly standardize: boolean;
    }
  /** -a, 0 and a by a threshold of `share` of the mean of |weights|. */
  | { readonly kind: 'ternary'; readonly share: number }
  /** No latent weights: the signs themselves are trained, by Bop, whose rate is `rate` times the learning rate. */
  | { readonly kind: 'bop'; readonly rate: number; readonly threshold: number };

export interface BinaryMethod {
  readonly name: string;
  readonly summary: string;
  /** Paper, equations, and what differs here. */
  readonly source: string;
  readonly activations: ActivationForm;
  readonly weights: WeightForm;
}
