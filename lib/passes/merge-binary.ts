// What stands behind a one-bit product moves into it: PackBits becomes thresholds of its sums, through a MaxPool too (the
// largest value reaches a threshold when one of them does), QuantizeLinear its 8-bit form, PRelu and a shift RPReLU.
import type { Graph, Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { intAttr } from '../ops/op.js';
import { ofChannel } from '../ops/shared/one-bit.js';
import { f32, type TensorValue, tensor, toNumbers } from '../tensor/tensor.js';
import { channelValues } from './binarised.js';
import { besideConstant, isOp, soleUser } from './pattern.js';
import { poolAttributes } from './pool-attributes.js';

const SCALE = 2;
const BIAS = 3;
const SLOPE = 4;
const SHIFT = 5;

const isProduct = (node: Node | undefined): node is Node =>
  node?.domain === 'ai.kompakt' && (node.op === 'BinaryConv' || node.op === 'BinaryGemm');

export function mergeBinary(graph: Graph): Graph {
  const editor = new GraphEditor(graph);
  for (const product of editor.nodes) {
    if (!isProduct(product)) continue;
    const leaky = mergeLeaky(editor, product);
    if (!mergeThreshold(editor, leaky)) mergeQuantize(editor, leaky);
  }
  return editor.finish();
}

/** The values of input i for each of the channels. */
function channelInput(editor: GraphEditor, node: Node, i: number): Float64Array {
  const channels = editor.constant(node.inputs[1])!.dims[0];
  const values = toNumbers(editor.constant(node.inputs[i])!);
  return values.length === 1 ? new Float64Array(channels).fill(values[0]) : values;
}

const rankOf = (node: Node): number => (node.op === 'BinaryConv' ? 4 : 2);

/** PRelu(product) and PRelu(product) + shift. */
function mergeLeaky(editor: GraphEditor, product: Node): Node {
  let current = product;
  for (const [op, input] of [
    ['PRelu', SLOPE],
    ['Add', SHIFT],
  ] as const) {
    const user = soleUser(editor, current.outputs[0]);
    if (!isOp(user, op)) break;
    const found = besideConstant(editor, user);
    const channels = editor.constant(product.inputs[1])!.dims[0];
    const values = found && channelValues(found[1], rankOf(product), channels);
    if (values === undefined || found?.[0] !== current.outputs[0] || !values.every(Number.isFinite)) break;
    if (op === 'PRelu' && found[2] === 0) break; // the product is the slope
    const name = editor.addConstant(`${product.name}_${op}`, f32([channels], Float32Array.from(values)));
    const merged = { ...current, inputs: current.inputs.with(input, name), outputs: user.outputs };
    editor.replace([current, user], [merged]);
    current = merged;
  }
  return current;
}

const isPlain = (editor: GraphEditor, product: Node): boolean =>
  channelInput(editor, product, SLOPE).every((v) => v === 1) &&
  channelInput(editor, product, SHIFT).every((v) => v === 0);

/** PackBits(product) and PackBits(MaxPool(product)). */
function mergeThreshold(editor: GraphEditor, product: Node): boolean {
  const user = soleUser(editor, product.outputs[0]);
  const pool = isOp(user, 'MaxPool') && (user.outputs[1] ?? '') === '' ? user : undefined;
  const pack = pool === undefined ? user : soleUser(editor, pool.outputs[0]);
  if (pack?.domain !== 'ai.kompakt' || pack.op !== 'PackBits' || !isPlain(editor, product)) return false;
  const pooling = pool && poolAttributes(pool);
  if (pool !== undefined && (pooling === undefined || !turnDirections(editor, pack))) return false;
  const { weights, threshold } = sumThresholds(editor, product, pack, pool === undefined);
  const inputs = [
    product.inputs[0],
    editor.addConstant(`${product.name}_bits`, weights),
    editor.addConstant(`${product.name}_threshold`, threshold),
  ];
  const bits = pooling === undefined ? pack.outputs[0] : editor.fresh(`${pack.outputs[0]}_unpooled`);
  const made: Node[] = [{ ...product, op: `${product.op}Bits`, inputs, outputs: [bits] }];
  if (pooling !== undefined)
    made.push(editor.newNode('BinaryMaxPool', [bits], pack.outputs, pooling, 'ai.kompakt'));
  editor.replace(pool === undefined ? [product, pack] : [product, pool, pack], made);
  return true;
}

/** Input i of a PackBits for each of `channels`. */
function packInput(editor: GraphEditor, pack: Node, i: number, channels: number): Float64Array {
  const values = toNumbers(editor.constant(pack.inputs[i])!);
  return values.length === channels ? values : new Float64Array(channels).fill(values[0]);
}

/**
 * Makes every bit of a PackBits say "reached" rather than "below", turning the weights that its users have for those
 * channels: a product of two opposites is the same. False, and nothing is changed, where a user is not such a product.
 */
function turnDirections(editor: GraphEditor, pack: Node): boolean {
  const directions = toNumbers(editor.constant(pack.inputs[2])!);
  if (directions.every((d) => d >= 0)) return true;
  const [bits] = pack.outputs;
  const users = editor
    .consumers(bits)
    .flatMap((user) =>
      isOp(user, 'Flatten') && !editor.isGraphOutput(user.outputs[0])
        ? editor.consumers(user.outputs[0])
        : [user],
    );
  const turns = (user: Node): boolean =>
    user.domain === 'ai.kompakt' &&
    /^Binary(Conv|Gemm)/.test(user.op) &&
    (user.attributes.pad_value?.value ?? 0) === 0;
  if (editor.isGraphOutput(bits) || !users.every(turns)) return false;
  for (const user of users) {
    const w = editor.constant(user.inputs[1])!;
    const [filters, depth] = [w.dims[0], w.data.length / w.dims[0]];
    const channels = directions.length === 1 ? intAttr(user, 'channels') : directions.length;
    const mask = new Uint8Array(Math.ceil(channels / 8));
    for (let c = 0; c < channels; c++) if (ofChannel(directions, c) < 0) mask[c >> 3] |= 1 << (c & 7);
    const area = depth / mask.length;
    const turned = Uint8Array.from(w.data as Uint8Array, (v, i) => v ^ mask[Math.floor((i % depth) / area)]);
    const name = editor.addConstant(
      `${user.name}_bits`,
      tensor('uint8', [filters, ...w.dims.slice(1)], turned),
    );
    editor.replace([user], [{ ...user, inputs: user.inputs.with(1, name) }]);
  }
  return true;
}

/** No sum comes near it. */
const never = 2 ** 30;

/** The least integer S with scale * S + bias >= limit, in float32 as the product computes it. */
function leastSum(scale: number, bias: number, limit: number): number {
  const f = Math.fround;
  const reached = (sum: number): boolean => f(f(sum * scale) + bias) >= limit;
  // A float32 holds every integer in this range, and the left side grows with S.
  let [below, sum] = [-(2 ** 24), 2 ** 24];
  if (reached(below)) return -never;
  if (!reached(sum)) return never;
  while (sum - below > 1) {
    const middle = (below + sum) >> 1;
    if (reached(middle)) sum = middle;
    else below = middle;
  }
  return sum;
}

/**
 * Thresholds of the integer sums S, where scale * S + bias was compared with a threshold. Where the bit of a channel says
 * "below" (and `opposite` is set) it gets opposite weights: S < T is -S >= 1 - T.
 */
function sumThresholds(
  editor: GraphEditor,
  product: Node,
  pack: Node,
  opposite: boolean,
): { readonly weights: TensorValue; readonly threshold: TensorValue } {
  const [scale, bias] = [SCALE, BIAS].map((i) => channelInput(editor, product, i));
  const channels = scale.length;
  const [limit, direction] = [1, 2].map((i) => packInput(editor, pack, i, channels));
  const w = editor.constant(product.inputs[1])!;
  const weights = Uint8Array.from(w.data as Uint8Array);
  const row = weights.length / channels;
  const depth = intAttr(product, 'channels');
  const threshold = Int32Array.from({ length: channels }, (_, o) => {
    const least = leastSum(scale[o], bias[o], limit[o]);
    if (!opposite || direction[o] >= 0) return least;
    invert(weights.subarray(o * row, (o + 1) * row), w.dims[1], depth);
    return 1 - least;
  });
  return { weights: tensor('uint8', w.dims, weights), threshold: tensor('int32', [channels], threshold) };
}

/** Turns the bits of one filter [bytes, positions], but not those beyond its channels. */
function invert(filter: Uint8Array, bytes: number, channels: number): void {
  const area = filter.length / bytes;
  const last = channels % 8 === 0 ? 255 : (1 << (channels % 8)) - 1;
  for (let i = 0; i < filter.length; i++) filter[i] ^= Math.floor(i / area) === bytes - 1 ? last : 255;
}

/** QuantizeLinear(product): its scale moves into scale and bias, which multiplies by 1 / scale where it was divided. */
function mergeQuantize(editor: GraphEditor, product: Node): void {
  const quantize = soleUser(editor, product.outputs[0]);
  if (!isOp(quantize, 'QuantizeLinear')) return;
  const [step, zero] = [1, 2].map((i) => editor.constant(quantize.inputs[i] ?? ''));
  if (step?.data.length !== 1 || step.dtype !== 'float32' || zero?.data.length !== 1) return;
  if (zero.dtype !== 'uint8' && zero.dtype !== 'int8') return;
  const [size] = toNumbers(step);
  if (!(size > 0)) return; // a slope would be that of the other sign
  const inputs = product.inputs.map((name, i) => {
    if (i !== SCALE && i !== BIAS && i !== SHIFT) return name;
    const values = Float32Array.from(channelInput(editor, product, i), (v) => v / size);
    return editor.addConstant(`${name}_in_steps`, f32([values.length], values));
  });
  if (inputs.some((name, i) => i >= SCALE && !toNumbers(editor.constant(name)!).every(Number.isFinite)))
    return;
  const made = {
    ...product,
    op: `${product.op}Quantized`,
    inputs: [...inputs, quantize.inputs[2]],
    outputs: quantize.outputs,
  };
  editor.replace([product, quantize], [made]);
}
