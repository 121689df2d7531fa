// Unary functions as a fused tail of other operators: their reference, and how nodes name them.
import type { Node } from '../../graph/graph.js';
import { type AttributeSpec, floatAttr, floatsAttr, stringAttr } from '../op.js';
import { erf } from './error-function.js';
import { illegalAttribute } from './illegal.js';
import { roundHalfEven } from './rounding.js';
import type { UnaryKind } from './unary-kind.js';

export interface Activation {
  readonly activation: UnaryKind;
  readonly alpha: number;
  readonly beta: number;
}

export const noActivation: Activation = { activation: 'none', alpha: 0, beta: 0 };

const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const binarize = (x: number): number => (x >= 0 ? 1 : -1);
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Infinities are taken for the largest numbers where a function has a limit that the formula would make NaN, as -Infinity * 0. */
export const aboveMinusInfinity = (x: number): number => Math.max(x, -Number.MAX_VALUE);
export const finite = (x: number): number => clamp(x, -Number.MAX_VALUE, Number.MAX_VALUE);

const functions: Readonly<Record<UnaryKind, (x: number, alpha: number, beta: number) => number>> = {
  none: (x) => x,
  abs: Math.abs,
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  binarize_approx: binarize,
  binarize_clip: binarize,
  binarize_swish: binarize,
  ceil: Math.ceil,
  clip: clamp,
  cos: Math.cos,
  cosh: Math.cosh,
  elu: (x, alpha) => (x < 0 ? alpha * Math.expm1(x) : x),
  erf,
  exp: Math.exp,
  floor: Math.floor,
  gelu: (x) => 0.5 * aboveMinusInfinity(x) * (1 + erf(x * Math.SQRT1_2)),
  gelu_tanh: (x) =>
    0.5 * aboveMinusInfinity(x) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
  hard_sigmoid: (x, alpha, beta) => clamp(alpha * x + beta, 0, 1),
  hard_swish: (x) => aboveMinusInfinity(x) * clamp(x / 6 + 0.5, 0, 1),
  leaky_relu: (x, alpha) => (x < 0 ? alpha * x : x),
  log: Math.log,
  mish: (x) => aboveMinusInfinity(x) * Math.tanh(softplus(x)),
  neg: (x) => -x,
  reciprocal: (x) => 1 / x,
  relu: (x) => Math.max(x, 0),
  round: roundHalfEven,
  selu: (x, alpha, gamma) => gamma * (x < 0 ? alpha * Math.expm1(x) : x),
  shrink: (x, lambda, bias) => (x < -lambda ? x + bias : x > lambda ? x - bias : 0),
  sigmoid,
  sign: Math.sign,
  silu: (x, alpha) => aboveMinusInfinity(x) * sigmoid(alpha * x),
  sin: Math.sin,
  sinh: Math.sinh,
  softplus,
  softsign: (x) => finite(x) / (1 + Math.abs(finite(x))),
  sqrt: Math.sqrt,
  square: (x) => x * x,
  tan: Math.tan,
  tanh: Math.tanh,
  thresholded_relu: (x, alpha) => (x > alpha ? x : 0),
};

/** Applies the function in place, evaluated in double and rounded once by the array. */
export function applyActivation(
  values: Float32Array | Float64Array,
  { activation, alpha, beta }: Activation,
): void {
  if (activation === 'none') return;
  const f = functions[activation];
  for (let i = 0; i < values.length; i++) values[i] = f(values[i], alpha, beta);
}

/** Attributes with which nodes of ai.kompakt carry an activation. */
export const activationAttributes: Readonly<Record<string, AttributeSpec>> = {
  activation: { type: 'string', default: 'none' },
  alpha: { type: 'float', default: 0 },
  beta: { type: 'float', default: 0 },
};

/** The activation of a node of ai.kompakt. */
export function activationOf(node: Node): Activation {
  const activation = stringAttr(node, 'activation', 'none');
  if (!Object.hasOwn(functions, activation))
    illegalAttribute('a known activation', `${node.op} node '${node.name}'`, activation);
  return {
    activation: activation as UnaryKind,
    alpha: floatAttr(node, 'alpha', 0),
    beta: floatAttr(node, 'beta', 0),
  };
}

/** Names, kinds and default parameters of activations in nodes of com.microsoft. */
const microsoftNames: Readonly<Record<string, Activation>> = {
  '': noActivation,
  Clip: { activation: 'clip', alpha: Number.NEGATIVE_INFINITY, beta: Number.POSITIVE_INFINITY },
  HardSigmoid: { activation: 'hard_sigmoid', alpha: Math.fround(0.2), beta: 0.5 },
  LeakyRelu: { activation: 'leaky_relu', alpha: Math.fround(0.01), beta: 0 },
  Relu: { activation: 'relu', alpha: 0, beta: 0 },
  Sigmoid: { activation: 'sigmoid', alpha: 0, beta: 0 },
  Tanh: { activation: 'tanh', alpha: 0, beta: 0 },
};

/** The activation of a com.microsoft node with attributes activation and activation_params. */
export function microsoftActivationOf(node: Node): Activation {
  const name = stringAttr(node, 'activation', '');
  const known = microsoftNames[name];
  if (known === undefined)
    illegalAttribute(
      `activation ${Object.keys(microsoftNames).filter(Boolean).join(', ')}`,
      `${node.op} node '${node.name}'`,
      name,
    );
  const [alpha = known.alpha, beta = known.beta] = floatsAttr(node, 'activation_params') ?? [];
  return { activation: known.activation, alpha, beta };
}
