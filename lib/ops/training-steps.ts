// The steps of the native engine that only training uses, in the terms of steps.ts. Sums over many elements are fixed
// blocks added in a fixed order, whatever the number of threads.
import type { UnaryKind } from './shared/unary-kind.js';
import type { Window } from './steps.js';

interface FakeQuantizeParams {
  readonly dims: readonly [number, number, number];
  readonly low: number;
  readonly high: number;
}

export interface TrainingStepParams {
  /** Gradients of the weight and ?bias of conv_f32: inputs x NHWC f32, dy NHWC f32; outputs dw [O,kH,kW,I/group] f32,
   *  ?db [O] f32. Sums over pixels of one image are chains of fused multiply-adds in order; images are added in blocks. */
  conv_weight_gradient_f32: Window & { readonly group: number };
  /** dx = dy * f'(v): inputs dy, v f32, v being x or y as lib/ops/gradients/derivatives.ts says for `op`. */
  unary_gradient_f32: { readonly op: UnaryKind; readonly alpha: number; readonly beta: number };
  /** Inputs dy, y f32 [outer, n, inner]: log = 0: y * (dy - sum dy * y), log = 1: dy - e^y * sum dy. */
  softmax_gradient_f32: { readonly dims: readonly [number, number, number]; readonly log: number };
  /** Inputs dy, x, y NHWC f32 of max_pool; dx NHWC: dy goes to the first tap (in order kH, kW) that is not below y. */
  max_pool_gradient_f32: Window & { readonly kernel: readonly [number, number] };
  /** Input dy NHWC f32 of average_pool_f32; dx NHWC: dy / count to every tap. */
  average_pool_gradient_f32: Window & {
    readonly kernel: readonly [number, number];
    readonly countIncludePad: number;
  };
  /** Inputs logs [outer, classes, inner] f32, labels [outer, inner] s32 or s64, ?weights [classes] f32. Output: losses
   *  -weight[label] * log[label] (reduction none), their sum, or their sum / sum of weights. Labels that are `ignored` or
   *  no class count nothing. */
  nll_f32: {
    readonly dims: readonly [number, number, number];
    readonly reduction: string;
    readonly ignored: number;
  };
  /** Inputs dl (f32, shaped like the loss), labels, ?weights: the gradient of the logs of nll_f32. */
  nll_gradient_f32: {
    readonly dims: readonly [number, number, number];
    readonly reduction: string;
    readonly ignored: number;
  };
  /** Inputs x [..., C] f32, scale, shift, running mean, running variance [C]; outputs y, new mean, new variance, batch
   *  mean, 1 / sqrt(variance + epsilon). New running values = old * momentum + batch * (1 - momentum), in place where they
   *  share memory. */
  batch_norm_f32: { readonly epsilon: number; readonly momentum: number };
  /** Inputs dy, x [..., C] f32, scale, batch mean, 1 / deviation [C]; outputs dx, dscale [C], dshift [C]. */
  batch_norm_gradient_f32: Record<string, never>;
  /** Inputs dy [outer, rows, inner] f32, indices [rows] s32 or s64; output dx [outer, n, inner], dims = [outer, n, inner]:
   *  rows of dy added where they were gathered, in order. Indices out of range read as clamped. */
  gather_gradient_f32: { readonly dims: readonly [number, number, number] };
  /** Inputs w, g f32, ?scale [1], hyper [n], slots shaped like w; outputs new w and slots, in place where they share
   *  memory. g * scale + l2 * w + l1 * sign(w), then `rule`; the new w is kept within [low, high]. Rules: plain, momentum
   *  and nesterov (alpha = momentum), adam (alpha, beta = beta1, beta2), rmsprop (alpha, beta = momentum), bop (alpha =
   *  threshold): lib/ops/*-update.ts. */
  optimizer_f32: {
    readonly rule: 'plain' | 'momentum' | 'nesterov' | 'adam' | 'rmsprop' | 'bop';
    readonly alpha: number;
    readonly beta: number;
    readonly epsilon: number;
    readonly decay: number;
    readonly l1: number;
    readonly l2: number;
    readonly low: number;
    readonly high: number;
  };
  /** Inputs f32 tensors of any shapes; output [1] = min(1, limit / (root of the sum of all squares + 1e-6)). */
  gradient_scale_f32: { readonly limit: number };
  /** Inputs x f32, step s64 [1]: x / (1 - ratio), or 0 where a hash of (seed, step, index) is below ratio
   *  (lib/ops/dropout-training.ts). */
  dropout_f32: { readonly ratio: number; readonly seed: number };
  /** Inputs x f32 of dims [outer, channels, inner], scale [channels]: clamp(roundHalfEven(x / scale), low, high) * scale,
   *  0 for NaN. */
  fake_quantize_f32: FakeQuantizeParams;
  /** Inputs dy, x as of fake_quantize_f32, scale; outputs dx = dy where low < x / scale < high, else 0, and ?dscale
   *  [channels] = factor * sum of dy times low or high beyond the bounds, inner * (round(x / scale) - x / scale) between. */
  fake_quantize_gradient_f32: FakeQuantizeParams & { readonly inner: number; readonly factor: number };
  /** Inputs f32 of one element: scale, least and most of a batch, progress; output the new scale: momentum * scale +
   *  (1 - momentum) * max(most / high, least / low where low < 0), in double precision; the scale as it is where progress is
   *  not below `until` or the batch has only zeros or what is not finite. May be in place. */
  observe_scale_f32: {
    readonly low: number;
    readonly high: number;
    readonly momentum: number;
    readonly until: number;
  };
  /** Inputs w, mask f32, progress f32 [1]; outputs y, w where the new mask is not 0, else 0, and the new mask: the mask as it
   *  is where it has as many zeros as it shall, else 0 at so many weights of least magnitude, the first of equal ones first,
   *  and 1 elsewhere. They rise from `from` to `to` between the shares `begin` and `end` of the run (lib/ops/prune.ts). The
   *  mask may be in place. */
  prune_f32: {
    readonly from: number;
    readonly to: number;
    readonly begin: number;
    readonly end: number;
  };
}
