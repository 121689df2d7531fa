// The derivative of every function of UnaryKind, as the step unary_gradient_f32 computes it: from x, or from y = f(x) where
// that is cheaper or spares the memory of x.
import { erf } from '../shared/error-function.js';
import type { UnaryKind } from '../shared/unary-kind.js';

export interface Derivative {
  readonly of: 'x' | 'y';
  readonly at: (v: number, alpha: number, beta: number) => number;
}

const ofX = (at: Derivative['at']): Derivative => ({ of: 'x', at });
const ofY = (at: Derivative['at']): Derivative => ({ of: 'y', at });

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const density = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

function siluAt(x: number, alpha: number): number {
  const s = sigmoid(alpha * x);
  return s + alpha * x * s * (1 - s);
}

function geluTanhAt(x: number): number {
  const t = Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
}

function mishAt(x: number): number {
  const t = Math.tanh(Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));
  return t + x * (1 - t * t) * sigmoid(x);
}

/** That of 2 s (1 + u (1 - s)) - 1 with u = beta x and s = sigmoid(u); 0 in float32 where u is limited. */
function swishSignAt(x: number, beta: number): number {
  const u = Math.max(-80, Math.min(80, beta * x));
  const s = sigmoid(u);
  return beta * (2 - u * (2 * s - 1)) * 2 * s * (1 - s);
}

/** At kinks and steps the derivative is that of the left side, like PyTorch's; functions that jump have 0 everywhere,
 *  but for binarisations, which have that of a function near them (lib/ops/binarize.ts). */
export const derivatives: Readonly<Record<UnaryKind, Derivative>> = {
  none: ofX(() => 1),
  abs: ofX((x) => Math.sign(x)),
  acos: ofX((x) => -1 / Math.sqrt(1 - x * x)),
  acosh: ofX((x) => 1 / Math.sqrt((x - 1) * (x + 1))),
  asin: ofX((x) => 1 / Math.sqrt(1 - x * x)),
  asinh: ofX((x) => 1 / Math.sqrt(x * x + 1)),
  atan: ofX((x) => 1 / (x * x + 1)),
  atanh: ofX((x) => 1 / (1 - x * x)),
  binarize_approx: ofX((x) => Math.max(0, 2 - 2 * Math.abs(x))),
  binarize_clip: ofX((x, width) => (Math.abs(x) <= width ? 1 : 0)),
  binarize_swish: ofX(swishSignAt),
  ceil: ofX(() => 0),
  clip: ofY((y, low, high) => (y > low && y < high ? 1 : 0)),
  cos: ofX((x) => -Math.sin(x)),
  cosh: ofX(Math.sinh),
  elu: ofX((x, alpha) => (x > 0 ? 1 : alpha * Math.exp(x))),
  erf: ofX((x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x)),
  exp: ofY((y) => y),
  floor: ofX(() => 0),
  gelu: ofX((x) => 0.5 * (1 + erf(x * Math.SQRT1_2)) + x * density(x)),
  gelu_tanh: ofX(geluTanhAt),
  hard_sigmoid: ofY((y, alpha) => (y > 0 && y < 1 ? alpha : 0)),
  hard_swish: ofX((x) => (x <= -3 ? 0 : x < 3 ? x / 3 + 0.5 : 1)),
  leaky_relu: ofX((x, alpha) => (x > 0 ? 1 : alpha)),
  log: ofX((x) => 1 / x),
  mish: ofX(mishAt),
  neg: ofX(() => -1),
  reciprocal: ofY((y) => -y * y),
  relu: ofY((y) => (y > 0 ? 1 : 0)),
  round: ofX(() => 0),
  selu: ofX((x, alpha, gamma) => gamma * (x > 0 ? 1 : alpha * Math.exp(x))),
  shrink: ofX((x, lambda) => (Math.abs(x) > lambda ? 1 : 0)),
  sigmoid: ofY((y) => y * (1 - y)),
  sign: ofX(() => 0),
  silu: ofX(siluAt),
  sin: ofX(Math.cos),
  sinh: ofX(Math.cosh),
  softplus: ofX(sigmoid),
  softsign: ofX((x) => 1 / (1 + Math.abs(x)) ** 2),
  sqrt: ofY((y) => 0.5 / y),
  square: ofX((x) => 2 * x),
  tan: ofY((y) => y * y + 1),
  tanh: ofY((y) => 1 - y * y),
  thresholded_relu: ofX((x, alpha) => (x > alpha ? 1 : 0)),
};
