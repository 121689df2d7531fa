// RotaryEmbedding of ai.onnx and of com.microsoft, which differ in the order of their inputs and in what positions are.
import { toNumbers } from '../../tensor/tensor.js';
import {
  type AttributeSpec,
  defineOp,
  type InferContext,
  inputType,
  inputValue,
  intAttr,
  noMacs,
  notDifferentiable,
  type OpDef,
  staysFloat,
} from '../op.js';
import { swapHeads, tensorLike } from './attention.js';
import { AttentionBody } from './attention-body.js';
import { checkType, floatTypes, illegalAttribute, illegalShape } from './illegal.js';
import { knownContext } from './known-context.js';
import { rotate } from './rotary.js';

export interface RotaryForm {
  readonly domain: string;
  readonly since: number;
  readonly inputs: readonly [number, number];
  /** Indices of the inputs. */
  readonly cos: number;
  readonly sin: number;
  readonly positions: number;
  /** Attributes of this domain alone; each must be 0. */
  readonly unsupported: Readonly<Record<string, AttributeSpec>>;
}

interface Sizes {
  readonly flat: boolean;
  readonly batch: number;
  readonly heads: number;
  readonly length: number;
  readonly size: number;
  readonly width: number;
}

function sizesOf(form: RotaryForm, ctx: InferContext): Sizes {
  const { dims } = inputType(ctx, 0);
  const cos = inputType(ctx, form.cos).dims;
  const flat = dims.length === 3;
  if (!flat && dims.length !== 4) illegalShape('an input of rank 3 or 4', ctx.where, dims);
  const given = intAttr(ctx.node, 'num_heads', 0);
  const angles = 2 * cos[cos.length - 1];
  const heads = flat ? given || dims[2] / (intAttr(ctx.node, 'rotary_embedding_dim', 0) || angles) : dims[1];
  const size = flat ? dims[2] / heads : dims[3];
  const width = intAttr(ctx.node, 'rotary_embedding_dim', 0) || size;
  if (!Number.isInteger(heads) || !Number.isInteger(size) || width > size || width % 2 !== 0)
    illegalAttribute('heads of an even number of elements', ctx.where, [heads, size, width]);
  if (angles !== width || inputType(ctx, form.sin).dims.join() !== cos.join())
    illegalShape(`angles for ${width / 2} pairs`, ctx.where, cos);
  return { flat, batch: dims[0], heads, length: dims[flat ? 1 : 2], size, width };
}

/** Row of the caches for a position of a sample. */
function rowOf(form: RotaryForm, positions: ArrayLike<number> | undefined, length: number) {
  if (positions === undefined) return (b: number, s: number): number => b * length + s;
  if (form.domain !== '' && positions.length === 1) return (_: number, s: number): number => positions[0] + s;
  return (b: number, s: number): number => positions[b * length + s];
}

export const rotaryOp = (form: RotaryForm): OpDef =>
  defineOp({
    op: 'RotaryEmbedding',
    domain: form.domain,
    since: form.since,
    inputs: form.inputs,
    outputs: [1, 1],
    attributes: {
      interleaved: { type: 'int', default: 0 },
      num_heads: { type: 'int', default: 0 },
      rotary_embedding_dim: { type: 'int', default: 0 },
      ...form.unsupported,
    },
    infer: (ctx) => {
      const type = inputType(ctx, 0);
      checkType(type.dtype, floatTypes, 'an input', ctx.where);
      for (const name of Object.keys(form.unsupported))
        if (name in ctx.node.attributes && intAttr(ctx.node, name) !== 0)
          illegalAttribute(`${name} 0`, ctx.where, intAttr(ctx.node, name));
      const { batch, length } = sizesOf(form, ctx);
      const positions = ctx.inputs[form.positions];
      const cos = inputType(ctx, form.cos).dims;
      const fits =
        positions === undefined ? [batch, length].join() === cos.slice(0, -1).join() : cos.length === 2;
      if (!fits) illegalShape('one row of angles for each position', ctx.where, cos);
      return [type];
    },
    reference: (ctx) => {
      const { flat, batch, heads, length, size, width } = sizesOf(form, knownContext(ctx));
      const like = inputValue(ctx, 0);
      const positions = ctx.inputs[form.positions];
      const plain = flat ? swapHeads(toNumbers(like), batch, length, heads) : toNumbers(like);
      const y = rotate(
        plain,
        [batch, heads, length, size],
        inputValue(ctx, form.cos),
        inputValue(ctx, form.sin),
        rowOf(form, positions && toNumbers(positions), length),
        { width, interleaved: intAttr(ctx.node, 'interleaved', 0) === 1 },
      );
      return [tensorLike(like, like.dims, flat ? swapHeads(y, batch, heads, length) : y)];
    },
    gradient: notDifferentiable('no rule has been written for it'),
    cost: noMacs,
    quantize: staysFloat('angles need more than 8 bits'),
    lower: 'host',
    inline: (ctx) => {
      const positions = ctx.inputs[form.positions];
      const offset = form.domain !== '' && positions?.dims.join() === '1';
      if (inputType(ctx, 0).dtype !== 'float32' || offset) return undefined;
      const { flat, batch, heads, length, size, width } = sizesOf(form, ctx);
      const body = new AttentionBody(ctx);
      const angles = (i: number): string => {
        const cache = body.input(i);
        const rows =
          positions === undefined ? cache : body.one('Gather', [cache, body.input(form.positions)]);
        return body.reshape(rows, flat ? [batch, length, 1, width / 2] : [batch, 1, length, width / 2]);
      };
      const [cos, sin] = [angles(form.cos), angles(form.sin)];
      const interleaved = intAttr(ctx.node, 'interleaved', 0) === 1;
      const x = flat ? body.reshape(body.input(0), [batch, length, heads, size]) : body.input(0);
      const part = (odd: number): string =>
        interleaved
          ? body.slice(x, odd, width, 3, 2)
          : body.slice(x, (odd * width) / 2, ((odd + 1) * width) / 2, 3);
      const [a, b] = [part(0), part(1)];
      const times = (p: string, q: string): string => body.one('Mul', [p, q]);
      let turned = [
        body.one('Sub', [times(a, cos), times(b, sin)]),
        body.one('Add', [times(a, sin), times(b, cos)]),
      ];
      const outer = flat ? [batch, length, heads] : [batch, heads, length];
      if (interleaved) {
        const pairs = turned.map((half) => body.reshape(half, [batch, outer[1] * outer[2], width / 2, 1]));
        turned = [body.reshape(body.concat(pairs, 3), [...outer, width])];
      }
      if (width < size) turned.push(body.slice(x, width, size, 3));
      const y = turned.length === 1 ? turned[0] : body.concat(turned, 3);
      return body.finish([flat ? body.reshape(y, [batch, length, heads * size]) : y]);
    },
  });
