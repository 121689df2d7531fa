// Encoders of transformers with random weights, in the operators that PyTorch exports: their speed is that of trained ones.
import { Model } from '../../dist/index.js';
import { attr, f32, GraphBuilder, i64, tensor } from '../internals.mjs';
import { random } from './random.mjs';

class Encoder {
  #graph = new GraphBuilder('encoder');
  #next = random(54321);

  /** `dynamic`: 8-bit products with scales of activations that are found in each run, as quantize_dynamic of onnxruntime
   *  writes them; a value that three products read is quantised once. */
  constructor({ tokens, width, heads, layers, dynamic = false }) {
    Object.assign(this, { tokens, width, heads, layers, dynamic });
  }

  constant(value) {
    return this.#graph.constant('c', value);
  }

  values(size, bound, middle = 0) {
    return Float32Array.from({ length: size }, () => middle + this.#next() * bound);
  }

  op(op, inputs, attributes) {
    return this.#graph.node(op, inputs, attributes)[0];
  }

  /** x [.., from] to [.., to], for each of `outputs` weights. */
  linear(x, from, to, outputs = 1) {
    const bound = Math.sqrt(3 / from);
    const read = this.dynamic ? this.#graph.node('DynamicQuantizeLinear', [x], {}, { outputs: 3 }) : [x];
    return Array.from({ length: outputs }, () => {
      const bias = this.constant(f32([to], this.values(to, 0.1)));
      return this.op('Add', [this.product(read, from, to, bound), bias]);
    });
  }

  product([x, scale, zero], from, to, bound) {
    if (!this.dynamic)
      return this.op('MatMul', [x, this.constant(f32([from, to], this.values(from * to, bound)))]);
    const bytes = Int8Array.from({ length: from * to }, () => Math.round(this.#next() * 127));
    const [w, zeroOfW] = [tensor('int8', [from, to], bytes), tensor('int8', [], Int8Array.of(0))];
    const sums = this.op('MatMulInteger', [x, this.constant(w), zero, this.constant(zeroOfW)]);
    const factor = this.op('Mul', [scale, this.constant(f32([], [bound / 127]))]);
    return this.op('Mul', [this.op('Cast', [sums], { to: attr.int(1) }), factor]);
  }

  norm(x) {
    const [scale, bias] = [this.values(this.width, 0.1, 1), this.values(this.width, 0.1)];
    const inputs = [x, this.constant(f32([this.width], scale)), this.constant(f32([this.width], bias))];
    return this.op('LayerNormalization', inputs, { axis: attr.int(-1), epsilon: attr.float(1e-5) });
  }

  number(value) {
    return this.constant(f32([], [value]));
  }

  reshape(x, dims) {
    return this.op('Reshape', [x, this.constant(i64(dims))]);
  }

  attention(x) {
    const { tokens, width, heads } = this;
    const split = (y, perm) =>
      this.op('Transpose', [this.reshape(y, [1, tokens, heads, width / heads])], { perm: attr.ints(perm) });
    const [q, k, v] = this.linear(x, width, width, 3);
    const scores = this.op('MatMul', [split(q, [0, 2, 1, 3]), split(k, [0, 2, 3, 1])]);
    const scaled = this.op('Mul', [scores, this.number(Math.sqrt(heads / width))]);
    const mixed = this.op('MatMul', [
      this.op('Softmax', [scaled], { axis: attr.int(-1) }),
      split(v, [0, 2, 1, 3]),
    ]);
    const joined = this.op('Transpose', [mixed], { perm: attr.ints([0, 2, 1, 3]) });
    return this.linear(this.reshape(joined, [1, tokens, width]), width, width)[0];
  }

  gelu(x) {
    const erf = this.op('Erf', [this.op('Div', [x, this.number(Math.SQRT2)])]);
    const product = this.op('Mul', [x, this.op('Add', [erf, this.number(1)])]);
    return this.op('Mul', [product, this.number(0.5)]);
  }

  build() {
    const { tokens, width, layers } = this;
    let x = this.#graph.input('x', 'float32', [1, tokens, width]);
    for (let i = 0; i < layers; i++) {
      x = this.op('Add', [this.attention(this.norm(x)), x]);
      const [inner] = this.linear(this.norm(x), width, 4 * width);
      x = this.op('Add', [this.linear(this.gelu(inner), 4 * width, width)[0], x]);
    }
    this.#graph.output(this.norm(x), 'float32', [1, tokens, width]);
    return new Model(this.#graph.build());
  }
}

/** Four of the layers of ViT-Tiny on a picture of 224 x 224. */
export const vit = () => new Encoder({ tokens: 197, width: 192, heads: 3, layers: 4 }).build();
/** MiniLM of six layers on a sentence of 64 tokens, the usual file of it in 8 bits. */
export const miniLm = () =>
  new Encoder({ tokens: 64, width: 384, heads: 12, layers: 6, dynamic: true }).build();
