// The body of an attention.
import { attr } from '../../graph/attribute.js';
import { f32 } from '../../tensor/tensor.js';
import { type AttentionSizes, lowest } from './attention.js';
import { Body } from './body.js';

export class AttentionBody extends Body {
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
}
