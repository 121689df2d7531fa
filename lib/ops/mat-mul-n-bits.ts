// MatMulNBits (com.microsoft): A x B with B in blocks of `block_size` weights of 2 to 8 bits, each block with a scale.
// Inputs: A, B [N, blocks, bytes], scales [N * blocks], zero_points?, g_idx?, bias?. Where B is constant the weights
// are unpacked when the plan is made.
import { type TensorValue, tensor, toNumbers } from '../tensor/tensor.js';
import {
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  type LowerContext,
  notDifferentiable,
  type ReferenceContext,
  staysFloat,
} from './op.js';
import { noActivation } from './shared/activation.js';
import { costOf } from './shared/cost.js';
import { derivedConstant } from './shared/derived-constant.js';
import { checkType, illegalAttribute, illegalShape } from './shared/illegal.js';
import { multiply, type Product, productMacs, productOf } from './shared/product.js';
import { pointWindow, readRows, writeRows } from './shared/product-lowering.js';

const SCALES = 2;
const ZEROS = 3;
const ORDER = 4;
const BIAS = 5;

interface Sizes {
  readonly k: number;
  readonly n: number;
  readonly bits: number;
  readonly block: number;
  /** Blocks of one row of B. */
  readonly blocks: number;
}

function sizesOf({ node }: Pick<InferContext, 'node'>): Sizes {
  const [k, n] = [intAttr(node, 'K'), intAttr(node, 'N')];
  const block = intAttr(node, 'block_size');
  return { k, n, bits: intAttr(node, 'bits', 4), block, blocks: Math.ceil(k / block) };
}

const shape = (ctx: InferContext): Product => {
  const { k, n } = sizesOf(ctx);
  return productOf(inputType(ctx, 0).dims, [n, k], false, true, ctx.where);
};

/** Value i of a stream of `bits`-bit numbers, lowest bits first. */
function unpack(bytes: Uint8Array, start: number, i: number, bits: number): number {
  const at = i * bits;
  const from = start + (at >> 3);
  const pair = bytes[from] | ((bytes[from + 1] ?? 0) << 8);
  return (pair >> (at & 7)) & ((1 << bits) - 1);
}

/** B as float32 [N, K]. */
function weightsOf(
  ctx: InferContext | ReferenceContext,
  value: (i: number) => TensorValue | undefined,
): TensorValue {
  const { k, n, bits, block, blocks } = sizesOf(ctx);
  const bytes = value(1)!.data as Uint8Array;
  const scales = toNumbers(value(SCALES)!);
  const zeros = value(ZEROS);
  const blockBytes = bytes.length / (n * blocks);
  const zeroBytes = Math.ceil((blocks * bits) / 8);
  const out = new Float32Array(n * k);
  for (let row = 0; row < n; row++)
    for (let i = 0; i < k; i++) {
      const b = Math.floor(i / block);
      const zero =
        zeros === undefined
          ? 1 << (bits - 1)
          : zeros.dtype === 'uint8'
            ? unpack(zeros.data as Uint8Array, row * zeroBytes, b, bits)
            : (zeros.data as Float32Array)[row * blocks + b];
      const q = unpack(bytes, (row * blocks + b) * blockBytes, i % block, bits);
      out[row * k + i] = (q - zero) * scales[row * blocks + b];
    }
  return tensor('float32', [n, k], out);
}

function lower(ctx: LowerContext): boolean {
  const p = shape(ctx);
  const b = ctx.value(1);
  const known = [SCALES, ZEROS, BIAS].every((i) => ctx.inputs[i] === undefined || ctx.value(i));
  if (b === undefined || !known) return false;
  const weights = derivedConstant(b, `n bits ${JSON.stringify(sizesOf(ctx))}`, () => {
    const rows = weightsOf(ctx, (i) => ctx.value(i));
    return tensor('float32', [p.n, 1, 1, p.k], rows.data as Float32Array);
  });
  const bias = ctx.value(BIAS);
  const inputs = [
    readRows(ctx, 0, p),
    ctx.constant(weights),
    bias === undefined ? null : ctx.constant(bias),
    null,
  ];
  ctx.emit('conv_f32', inputs, [writeRows(ctx, p)], { ...pointWindow, ...noActivation });
  return true;
}

export const matMulNBits = defineOp({
  op: 'MatMulNBits',
  domain: 'com.microsoft',
  since: 1,
  inputs: [3, 6],
  outputs: [1, 1],
  attributes: {
    K: { type: 'int' },
    N: { type: 'int' },
    accuracy_level: { type: 'int', default: 0 },
    bits: { type: 'int', default: 4 },
    block_size: { type: 'int' },
  },
  infer: (ctx) => {
    checkType(inputType(ctx, 0).dtype, ['float32'], 'A', ctx.where);
    checkType(inputType(ctx, 1).dtype, ['uint8'], 'B', ctx.where);
    checkType(inputType(ctx, SCALES).dtype, ['float32'], 'scales', ctx.where);
    const { n, k, bits, block, blocks } = sizesOf(ctx);
    if (bits < 2 || bits > 8 || block < 1) illegalAttribute('2 to 8 bits in blocks', ctx.where, bits);
    if (ctx.inputs[ORDER] !== undefined) illegalAttribute('no g_idx', ctx.where, 'g_idx');
    const wanted = n * blocks * Math.ceil((block * bits) / 8);
    const size = inputType(ctx, 1).dims.reduce((a, d) => a * d, 1);
    if (size !== wanted || k < 1) illegalShape(`a B of ${wanted} bytes`, ctx.where, inputType(ctx, 1).dims);
    return [{ dtype: 'float32', dims: shape(ctx).dims }];
  },
  reference: (ctx) => {
    const a = inputValue(ctx, 0);
    const weights = weightsOf(ctx, (i) => ctx.inputs[i]);
    const p = productOf(a.dims, weights.dims, false, true, ctx.where);
    const y = multiply(toNumbers(a), toNumbers(weights), p, Float32Array);
    const bias = ctx.inputs[BIAS] && toNumbers(ctx.inputs[BIAS]);
    if (bias !== undefined) for (let i = 0; i < y.length; i++) y[i] += bias[i % p.n];
    return [tensor('float32', p.dims, y)];
  },
  gradient: notDifferentiable('no rule has been written for it'),
  cost: (ctx) => costOf(productMacs(shape(ctx)), ctx),
  quantize: staysFloat('its weights have fewer bits already'),
  lower,
});
