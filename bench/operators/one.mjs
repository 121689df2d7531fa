// A model of one operator, and values for it.
import { Tensor } from 'onnxruntime-common';
import { Model } from '../../dist/index.js';
import { f32, GraphBuilder, i64, tensor } from '../internals.mjs';
import { random } from '../rivals/random.mjs';

const next = random(777);
const listOf = (dims, value) => Array.from({ length: dims.reduce((a, b) => a * b, 1) }, value);

export const numbers = (dims, bound = 1, middle = 0) =>
  f32(
    dims,
    listOf(dims, () => middle + bound * next()),
  );
/** Whole numbers from 0 to `end` - 1. */
export const below = (dims, end) =>
  i64(
    listOf(dims, () => Math.floor(((next() + 1) / 2) * end)),
    dims,
  );
export const mask = (dims) => tensor('bool', dims, Uint8Array.from(listOf(dims, () => (next() > 0 ? 1 : 0))));
export const bytes = (dtype, dims) => {
  const Type = dtype === 'int8' ? Int8Array : Uint8Array;
  return tensor(dtype, dims, Type.from(listOf(dims, () => next() * 127)));
};

/** Corners of boxes, [y, x, y, x], a tenth to three tenths wide, in a field of two by two. */
export function boxes(count) {
  const values = Array.from({ length: count }, () => {
    const [x, y] = [next() + 1, next() + 1];
    return [y, x, y + 0.2 + 0.1 * next(), x + 0.2 + 0.1 * next()];
  });
  return f32([1, count, 4], values.flat());
}

/** Scores of which one in 200 is more than 0.3, as those of a detector. */
export const rareScores = (dims) =>
  f32(
    dims,
    listOf(dims, () => (next() > 0.99 ? 0.65 + 0.35 * next() : 0.1 + 0.1 * next())),
  );

/** An input with these values. */
export const feed = (value) => ({ feed: value });

/** A case: an operator with inputs, each the dims of a float32 input, a `feed`, or a tensor, which is a constant; `types`
 *  are those of its outputs. */
export const one = (op, inputs, attributes = {}, { label = '', types = ['float32'], domain = '' } = {}) => ({
  name: label === '' ? op : `${op} ${label}`,
  op,
  inputs,
  attributes,
  types,
  domain,
});

/** The model of a case and what it is fed. */
export function modelOf({ op, inputs, attributes, types, domain }) {
  const g = new GraphBuilder('one');
  const feeds = {};
  const names = inputs.map((input, index) => {
    if (input.data !== undefined) return g.constant('c', input);
    const value = input.feed ?? numbers(input);
    const name = `x${index}`;
    feeds[name] = new Tensor(value.dtype, value.data, value.dims);
    return g.input(name, value.dtype, value.dims);
  });
  const outputs = g.node(op, names, attributes, { domain, outputs: types.length });
  for (const [index, output] of outputs.entries()) g.output(output, types[index]);
  return { model: new Model(g.build()), feeds };
}
