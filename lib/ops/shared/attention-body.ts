// Attention as a graph of operators that have steps, for the plan to take in place of one node.
import { attr } from '../../graph/attribute.js';
import { GraphBuilder } from '../../graph/builder.js';
import type { Graph } from '../../graph/graph.js';
import { f32, i64 } from '../../tensor/tensor.js';
import type { InferContext } from '../op.js';
import { type AttentionSizes, lowest } from './attention.js';

export class AttentionBody {
  readonly graph: GraphBuilder;

  constructor(private readonly ctx: InferContext) {
    this.graph = new GraphBuilder('attention', { '': ctx.opset }, ctx.node.inputs);
  }

  one(op: string, inputs: readonly string[], attributes = {}, domain = ''): string {
    return this.graph.node(op, inputs, attributes, { domain })[0];
  }

  /** Name of input i of the node. */
  input(i: number): string {
    return this.ctx.node.inputs[i];
  }

  reshape(x: string, dims: readonly number[]): string {
    return this.one('Reshape', [x, this.graph.constant('shape', i64(dims))]);
  }

  transpose(x: string, perm: readonly number[]): string {
    return this.one('Transpose', [x], { perm: attr.ints(perm) });
  }

  add(a: string, b: string): string {
    return this.one('Add', [a, b]);
  }

  multiply(a: string, factor: number): string {
    return this.one('Mul', [a, this.graph.constant('factor', f32([], [factor]))]);
  }

  slice(x: string, start: number, end: number, axis: number, step = 1): string {
    const list = (v: number) => this.graph.constant('slice', i64([v]));
    return this.one('Slice', [x, list(start), list(end), list(axis), list(step)]);
  }

  concat(parts: readonly string[], axis: number): string {
    return this.one('Concat', parts, { axis: attr.int(axis) });
  }

  /** [batch, length, heads * size] as [batch, heads, length, size]. */
  split(x: string, batch: number, length: number, heads: number, size: number): string {
    return this.transpose(this.reshape(x, [batch, length, heads, size]), [0, 2, 1, 3]);
  }

  /** [batch, heads, length, size] as [batch, length, heads * size]. */
  join(x: string, batch: number, length: number, width: number): string {
    return this.reshape(this.transpose(x, [0, 2, 1, 3]), [batch, length, width]);
  }

  /** 0 where a mask of integers or bools is not 0, else `forbidden`. */
  maskBias(mask: string, forbidden = lowest): string {
    const kept = this.toFloat(mask);
    const one = this.graph.constant('one', f32([], [1]));
    return this.multiply(this.one('Sub', [one, kept]), forbidden);
  }

  /** 1 where a mask of integers or bools is not 0, else 0. */
  toFloat(mask: string): string {
    const bools = this.one('Cast', [mask], { to: attr.int(9) });
    return this.one('Cast', [bools], { to: attr.int(1) });
  }

  /** A constant that forbids query s the keys after s + offset. */
  causal(queries: number, keys: number, offset: number): string {
    const mask = Float32Array.from({ length: queries * keys }, (_, i) =>
      i % keys > Math.floor(i / keys) + offset ? Number.NEGATIVE_INFINITY : 0,
    );
    return this.graph.constant('causal', f32([queries, keys], mask));
  }

  /** q [B,N,S,H], k [B,K,T,H], v [B,K,T,V] -> [B,N,S,V]. Heads that share keys are rows of one matrix. Shares are multiplied
   *  by `kept`, a mask of bools, so that a row of nothing gives 0. */
  attend(
    [q, k, v]: readonly [string, string, string],
    sizes: AttentionSizes,
    scale: number,
    softcap: number,
    biases: readonly string[],
    kept?: string,
  ): string {
    const { batch, heads, kvHeads, queries, keys, size, valueSize } = sizes;
    const rows = (heads / kvHeads) * queries;
    const factor = { factor: attr.float(scale), transB: attr.int(1) };
    const product = [this.reshape(q, [batch, kvHeads, rows, size]), k];
    let scores = this.one('FusedMatMul', product, factor, 'ai.kompakt');
    scores = this.reshape(scores, [batch, heads, queries, keys]);
    if (softcap > 0) scores = this.multiply(this.one('Tanh', [this.multiply(scores, 1 / softcap)]), softcap);
    for (const bias of biases) scores = this.add(scores, bias);
    let shares = this.one('Softmax', [scores]);
    if (kept !== undefined) shares = this.one('Mul', [shares, this.toFloat(kept)]);
    shares = this.reshape(shares, [batch, kvHeads, rows, keys]);
    return this.reshape(this.one('MatMul', [shares, v]), [batch, heads, queries, valueSize]);
  }

  finish(outputs: readonly string[]): Graph {
    for (const name of outputs) this.graph.output(name, 'float32');
    return this.graph.build();
  }
}
