// The steps of the native engine: what each reads, writes and is told. The makers in native/ops/<kind>.cc follow this
// file; names of parameters are the same on both sides.
//
// Tensors of a step are physical and row-major. "NHWC" is [N,H,W,C]. 8-bit activations are stored as unsigned bytes
// whatever their ONNX type: an int8 value v is stored as v + 128 and its zero point z as z + 128 (ops/storage.ts).
// Inputs marked ? may be null. Constants are marked c.

import type { MovingStepParams } from './moving-steps.js';
import type { UnaryKind } from './shared/unary-kind.js';
import type { TrainingStepParams } from './training-steps.js';

export type BinaryKind = 'add' | 'sub' | 'mul' | 'div' | 'max' | 'min' | 'pow' | 'prelu';
export type CompareKind = 'equal' | 'not_equal' | 'less' | 'less_equal' | 'and' | 'or';
export type ReduceKind = 'sum' | 'mean' | 'max' | 'min' | 'prod' | 'l1' | 'l2' | 'sum_square' | 'log_sum_exp';

/** A fused activation: kind 'none' for nothing. */
interface Activation {
  readonly activation: UnaryKind;
  readonly alpha: number;
  readonly beta: number;
}

export interface Window {
  readonly strides: readonly [number, number];
  /** top, left, bottom, right */
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
}

export interface StepParams extends MovingStepParams, TrainingStepParams {
  /** Inputs x NHWC f32; w [O,kH,kW,I/group] f32 (a constant is packed once, any other in every run); ?bias [O] f32;
   *  ?residual, shaped like y, added before the activation. Output y NHWC f32. The step chooses its kernel (a depthwise one when
   *  group = C = O).
   *  Each output is one chain of fused multiply-adds in the order kH, kW, I, starting from 0; then + bias,
   *  + residual, activation: the same bits on every tier. Taps in the padding are skipped or multiply zero. */
  conv_f32: Window & { readonly group: number } & Activation;
  /** conv_f32 over three spatial axes: x [N,D,H,W,C], w [O,kD,kH,kW,I/group], y likewise, taps in the order kD, kH, kW, I.
   *  `frames`: stride, padding at the front and dilation of the first axis; the window is that of the other two. */
  conv_3d_f32: Window & {
    readonly group: number;
    readonly frames: readonly [stride: number, pad: number, dilation: number];
  } & Activation;
  /** A convolution of bits (set: 1, clear: -1; eight channels a byte, the first in bit 0, those beyond `channels` clear).
   *  Inputs x [N,H,W,C/8] u8; c w [O,kH,kW,C/8] u8; then ?c threshold [O] s32, or c scale [O], c bias [O], ?c slope [O],
   *  ?c shift [O] f32. sum = the integer convolution; padding counts as padValue (-1, 0 or 1).
   *  With threshold y [N,OH,OW,O/8] u8 is bits: sum >= threshold[o]. Else t = sum * scale[o] + bias[o] in float32,
   *  unfused, and with slope and shift t = (t < 0 ? t * slope[o] : t) + shift[o]. Output f32: y = t. Output u8:
   *  y = clamp(roundHalfEven(t) + yZero, lo, hi). */
  conv_b1: Window & {
    readonly group: 1;
    readonly channels: number;
    readonly padValue: number;
    readonly yZero: number;
    readonly lo: number;
    readonly hi: number;
  };
  /** Inputs x NHWC f32; w f32: a constant [O,kH,kW,I/group], or what changes from run to run [I,kH,kW,O/group];
   *  ?bias [O] f32. Output y NHWC f32. */
  conv_transpose_f32: Window & { readonly group: number } & Activation;
  /** Inputs x NHWC u8; c w [O,kH,kW,I/group] s8; ?c bias [O] s32; c scale [O] f32; ?c wZero [O] s32 (weights minus
   *  128 where they were uint8; zero points moved alike); ?residual u8, shaped like y; ?c table [256] u8.
   *  acc = sum (x - xZero) * (w - wZero[o]) + bias[o], in s32; padding counts as xZero.
   *  Output u8: y = clamp(roundHalfEven(acc * scale[o]) + yZero, lo, hi) (scale = sx * sw[o] / sy), then, with a
   *  residual, y = clamp(roundHalfEven(fy * (y - yZero) + fr * (residual - residualZero)) + sumZero, sumLo, sumHi)
   *  in float32, unfused, left to right (see add_u8), then table[y] where there is a table.
   *  Output f32: y = acc * scale[o] (scale = sx * sw[o]); no residual, no table. Output s32: y = acc; no scale either.
   *  Two more inputs, ?xScale [1] f32 and ?xZeroPoint [1] u8, are the scale and zero point of x where they are only known at
   *  run time: output f32, scale = sw[o], y = acc * (xScale * scale[o]), or s32 without xScale; no bias, xZero is not looked
   *  at. */
  conv_u8: Window & {
    readonly group: number;
    readonly xZero: number;
    readonly yZero: number;
    readonly lo: number;
    readonly hi: number;
    /** [fy, fr, residualZero, sumZero, sumLo, sumHi], or [] without residual. */
    readonly residual: readonly number[];
  };
  /** conv_f32 with group = C = O, then conv_f32 with a window of 1x1, stride 1 and no pads, and nothing else in between: the
   *  bits of the two. Inputs x NHWC f32; c w [C,kH,kW,1] f32; ?c bias [C] f32; c w of the second [O,1,1,C]; ?c its bias [O];
   *  ?residual, shaped like y, of the second. Window and group are those of the first, `inner` is its activation. Plans make
   *  it of two steps (run/fuse-steps.ts). */
  separable_f32: Window & {
    readonly group: number;
    readonly inner: UnaryKind;
    readonly innerAlpha: number;
    readonly innerBeta: number;
  } & Activation;
  /** Steps in a row as one (run/fuse-chains.ts): conv_f32 with constant weights, depthwise or of one group, max_pool of
   *  float32, and as the first a copy from channels first to channels last. Each reads what the one before it makes and
   *  nothing else does; the bits are those of the steps. Inputs: x, then those of every step but its first, `inputs` says
   *  how many. The parameters of step i begin with "i."; "i.kind" is its kind, "i.dims" are the dims of its output, which
   *  the last has not. */
  chain_f32: Readonly<Record<string, number | string | readonly number[]>> & {
    readonly inputs: readonly number[];
  };
  /** Inputs and outputs as conv_u8 without wZero, residual and table: x, c w [O,kH,kW,I/group], ?c bias, c scale. */
  conv_transpose_u8: Window & {
    readonly group: number;
    readonly xZero: number;
    readonly yZero: number;
    readonly lo: number;
    readonly hi: number;
  };
  /** y = activation(alpha_ * A x B + ?bias [N]). Inputs a [batch...,M,K] f32, b [batch...,K,N] f32 (either may be
   *  constant; batch dims broadcast), ?bias [N] f32. transA/transB: 1 when the last two dims are stored swapped.
   *  Each output is one chain of fused multiply-adds over k, then * factor (when not 1), + bias, activation. */
  matmul_f32: { readonly transA: number; readonly transB: number; readonly factor: number } & Activation;
  /** Inputs a [batch...,M,K] u8, b [batch...,K,N] u8, both activations. y u8 = clamp(roundHalfEven(acc * scale) + yZero),
   *  acc = sum (a - aZero) * (b - bZero); y f32 = acc * scale; y s32 = acc. ?aZeroPoint [1] u8 and ?bZeroPoint [1] u8 are
   *  zero points only known at run time, in the place of aZero and bZero. */
  matmul_u8: {
    readonly aZero: number;
    readonly bZero: number;
    readonly scale: number;
    readonly yZero: number;
    readonly lo: number;
    readonly hi: number;
  };
  /** Inputs a, b f32, broadcast to y. y = activation(a op b). prelu: a < 0 ? a * b : a. max and min give NaN when a side
   *  is NaN. pow follows C's special cases, within 1 ulp. */
  binary_f32: { readonly op: BinaryKind } & Activation;
  /** x f32 -> y f32, same dims. */
  unary_f32: { readonly op: UnaryKind; readonly alpha: number; readonly beta: number };
  /** x f32 [..., C, inner], c scale [C], c shift [C]: y = activation(x * scale + shift), multiply and add rounded apart. */
  scale_shift_f32: Activation & { readonly inner: number };
  /** x f32 -> y u8: clamp(roundHalfEven(x / scale) + zero, lo, hi), a true division. NaN gives the byte `zero`. */
  quantize: { readonly scale: number; readonly zero: number; readonly lo: number; readonly hi: number };
  /** x f32 -> y u8, scale f32 [1], zero u8 [1]: the range of x, widened to hold 0, over 255 steps (scale 1 when it has no
   *  width), zero = clamp(roundHalfEven(-min / scale), 0, 255), y as quantize. */
  dynamic_quantize: Record<string, never>;
  /** x [..., C] f32 or u8, c threshold [C] of the same type, c flip [C/8] u8 -> y [..., C/8] u8, rounded up: eight channels
   *  a byte, the first in bit 0, bit = (x >= threshold) xor flip; bits beyond C are clear. NaN is below all thresholds. */
  pack_bits: Record<string, never>;
  /** x u8 -> y f32: (x - zero) * scale. */
  dequantize: { readonly scale: number; readonly zero: number };
  /** x u8, c table [256] u8 -> y u8 = table[x]. */
  table_u8: Record<string, never>;
  /** a, b u8, broadcast to y u8: clamp(roundHalfEven(aFactor * (a - aZero) + bFactor * (b - bZero)) + yZero, lo, hi),
   *  factors = sa / sy, sb / sy in float32; two products and one sum, each rounded to float32. */
  add_u8: {
    readonly aFactor: number;
    readonly aZero: number;
    readonly bFactor: number;
    readonly bZero: number;
    readonly yZero: number;
    readonly lo: number;
    readonly hi: number;
  };
  /** a, b u8, broadcast to y u8: clamp(roundHalfEven((a - aZero) * (b - bZero) * factor) + yZero, lo, hi), the product of
   *  integers exact, factor = sa * sb / sy. */
  mul_u8: {
    readonly aZero: number;
    readonly bZero: number;
    readonly factor: number;
    readonly yZero: number;
    readonly lo: number;
    readonly hi: number;
  };
  /** x NHWC f32 or u8 -> y NHWC, same type. Padding never wins, neither does NaN: a window without numbers gives
   *  -Infinity (u8: 0). Here and below the last windows may reach beyond the padding (ceil mode). */
  max_pool: Window & { readonly kernel: readonly [number, number] };
  /** x NHWC u8 of bits -> y NHWC u8: a bit is set where it is set in some tap. Padding is clear. */
  max_pool_b1: Window & { readonly kernel: readonly [number, number] };
  /** x NHWC f32 -> y NHWC f32. Sum over taps in order kH, kW, then divided by the count: that of the taps inside the
   *  input, with countIncludePad = 1 inside the padded input. A window without inputs gives 0. */
  average_pool_f32: Window & { readonly kernel: readonly [number, number]; readonly countIncludePad: number };
  /** x NHWC u8 -> y NHWC u8: clamp(roundHalfEven((sum - n * xZero) * (factor / count)) + yZero), sum exact in s32,
   *  factor = sx / sy, factor / count divided in float32. n counts the taps inside the input, count is that of
   *  average_pool_f32. A window without inputs gives yZero. */
  average_pool_u8: Window & {
    readonly kernel: readonly [number, number];
    readonly countIncludePad: number;
    readonly xZero: number;
    readonly factor: number;
    readonly yZero: number;
    readonly lo: number;
    readonly hi: number;
  };
  /** x [outer, reduced, inner] f32 -> y [outer, inner] f32. Sums run over `reduced` in 16 interleaved partial sums
   *  (element r goes to partial r % 16) added as a fixed tree when inner = 1; in order of r when inner > 1: the same
   *  bits on every tier and thread count. The tree adds partials 8 apart, then 4, 2, 1. max and min give NaN when an
   *  element is NaN; log_sum_exp subtracts the maximum where it is finite. */
  reduce_f32: { readonly op: ReduceKind; readonly dims: readonly [number, number, number] };
  /** x [outer, reduced, inner] u8 -> y [outer, inner] u8: average_pool_u8's formula over `reduced`. Global average
   *  pool and ReduceMean. */
  reduce_mean_u8: {
    readonly dims: readonly [number, number, number];
    readonly xZero: number;
    readonly factor: number;
    readonly yZero: number;
    readonly lo: number;
    readonly hi: number;
  };
  /** x [outer, n, inner] f32 -> y same: softmax over n (log = 1: log-softmax). max, exp, sum as reduce_f32, division. */
  softmax_f32: { readonly dims: readonly [number, number, number]; readonly log: number };
  /** x [outer, n, inner] u8 -> y u8: softmax of (x - xZero) * xScale, quantised. With inner = 1 powers are added up in
   *  24 bits (native/ops/softmax_u8.cc), else as softmax_f32 adds them. */
  softmax_u8: {
    readonly dims: readonly [number, number, number];
    readonly xZero: number;
    readonly xScale: number;
    readonly yScale: number;
    readonly yZero: number;
  };
  /** Separable resampling. Inputs x NHWC f32 or u8; c hIndex [OH,T] s32, c hWeight [OH,T] f32, c wIndex [OW,T] s32,
   *  c wWeight [OW,T] f32; T is the same for both. y = sum_t hWeight * (sum_u wWeight * x), unfused, in order; u8 is rounded half to even
   *  and saturated (scale and zero point are those of x). T = 1 is nearest: bytes are copied. */
  resize: Record<string, never>;
  /** x NHWC f32, grid [N,OH,OW,2] f32 (x, then y, from -1 to 1) -> y [N,OH,OW,C] f32, as GridSample; positions and weights in
   *  float64, pixels mixed as resize does. A point that is not finite gives 0. */
  grid_sample: {
    readonly mode: 'nearest' | 'linear' | 'cubic';
    readonly padding: 'zeros' | 'border' | 'reflection';
    readonly corners: number;
  };
  /** x NHWC f32, regions [R,4] f32 (x, y, x, y), images [R] s64 -> y [R,OH,OW,C] f32, as RoiAlign, in float64: terms of the
   *  points of a bin are added in order. Images out of range and bins of more than 2^20 points end
   *  the run. halfPixel = 1: pixels have their centres at halves. `samples`: points along a side of a bin, or 0. */
  roi_align: {
    readonly mode: 'avg' | 'max';
    readonly scale: number;
    readonly halfPixel: number;
    readonly samples: number;
  };
  /** x [outer, n] f32, ?c scale [n], ?c bias [n] -> y: (x - mean) / sqrt(var + epsilon) * scale + bias; sums as reduce_f32. */
  layer_norm_f32: { readonly epsilon: number };
  /** LSTM, GRU or RNN over a sequence. Inputs x [T,B,I], c w [D,G*H,I], c r [D,G*H,H], ?c b [D,2*G*H] (of w, then of r),
   *  ?h0 [D,B,H], ?c0 [D,B,H] (LSTM); outputs y [T,D,B,H], h [D,B,H], c [D,B,H] (LSTM), all f32; G gates in ONNX's
   *  order: i o f c, z r h, or one. batchFirst = 1: [B,T,..] and [B,D,..]. D = 2: the second direction runs backwards;
   *  reverse = 1: the only one does. Sums of gates are matmul_f32 with bias bw + br over x, then + r h: one chain over I,
   *  + bias, + one chain over H. Gate functions are `gate` (with alpha and beta), `candidate`, `output`; products
   *  and sums of states are rounded apart. */
  recurrent_f32: {
    readonly cell: 'lstm' | 'gru' | 'rnn';
    readonly reverse: number;
    readonly batchFirst: number;
    /** GRU: 1 when the reset gate multiplies r h + br instead of h. */
    readonly linearBeforeReset: number;
    readonly gate: UnaryKind;
    readonly alpha: number;
    readonly beta: number;
    readonly candidate: UnaryKind;
    readonly output: UnaryKind;
  };
  /** Element type conversion between f32, s32, s64, u8 as ONNX Cast (toBool = 1: x != 0). Floats are cut towards zero
   *  and saturate, NaN gives 0; integers keep their low bits. */
  cast: { readonly toBool: number };
  /** x [outer, n, inner] f32, s32 or s64 -> y: running sums or products along n, of f32 in double precision, of integers their
   *  low bits; without the element itself (exclusive = 1), from the end (reverse = 1). */
  cumulate: {
    readonly op: 'sum' | 'prod';
    readonly dims: readonly [number, number, number];
    readonly exclusive: number;
    readonly reverse: number;
  };
  /** Inputs a, b f32, s32, s64 or u8 of one type, broadcast to y: the exact remainder of a / b, with the sign of a (truncated
   *  = 1, as f32 needs) or of b. By 0 it is NaN of f32 and 0 of integers. */
  mod: { readonly truncated: number };
  /** a op b with broadcasting -> y u8, 1 or 0. a and b are f32, s32, s64 or u8, of one type; and, or: bools, of which 1 alone is
   *  true. Comparisons with NaN are false, but not_equal. */
  compare: { readonly op: CompareKind };
  /** x [outer, n, inner] f32, s32, s64 or u8 -> y [outer, inner] s64: the index of the largest (largest = 1) or smallest of n
   *  numbers, the first of equal ones or (last = 1) the last. NaN is neither larger nor smaller than anything. */
  arg_extreme: {
    readonly dims: readonly [number, number, number];
    readonly largest: number;
    readonly last: number;
  };
  /** x [outer, n, inner] f32, s32, s64 or u8 -> values [outer, k, inner] of its type and indices, same, s64: the k largest
   *  (largest = 1) or smallest of n numbers, best first, of equal ones the first first. NaN comes last. */
  top_k: {
    readonly dims: readonly [number, number, number];
    readonly k: number;
    readonly largest: number;
  };
  /** boxes [N,B,4] f32, scores [N,C,B] f32, ?limit [] s64, ?overlap [], ?least [] f32 -> y [N,C,most] s32: of the boxes with
   *  scores above `least`, best first, the first `limit` that share no more than `overlap` of the union with one before; -1
   *  after the last. Absent: 0, 0, -infinity. Boxes are two corners [y, x], or (centers = 1) x, y, width, height. */
  select_boxes: { readonly centers: number };
}

export type StepKind = keyof StepParams;
