// DFT as products with matrices of cosines and sines: near the reference, which computes in double precision.
import { attr } from '../../lib/graph/attribute.js';
import { dft } from '../../lib/ops/dft.js';
import { i64 } from '../../lib/tensor/tensor.js';
import { expectNativeLikeReference, type NativeCase, scheduleOf } from '../helpers/native-like-reference.js';
import { expectAgreement } from '../helpers/one-node.js';
import { contextOf, expectLikeOrt, noise } from '../helpers/run-reference.js';

interface Options {
  readonly axis?: number;
  readonly inverse?: 0 | 1;
  readonly onesided?: 0 | 1;
  readonly length?: number;
}

function caseOf(
  dims: readonly number[],
  { axis = 1, inverse = 0, onesided = 0, length }: Options = {},
): NativeCase {
  const attributes = { axis: attr.int(axis), inverse: attr.int(inverse), onesided: attr.int(onesided) };
  const lengths = length === undefined ? [] : [i64([length], [])];
  return { op: 'DFT', attributes, inputs: [noise('float32', dims), ...lengths] };
}

/** Operators of the body that compute. */
const products = (one: NativeCase): number =>
  dft.inline!(contextOf(one))!.nodes.filter(({ op }) => op === 'MatMul').length;

async function expectNear(one: NativeCase): Promise<void> {
  expect(scheduleOf(one)).toEqual(['native']);
  await expectNativeLikeReference(one);
  // Its transforms of other lengths than powers of 2 lose three digits.
  await expectLikeOrt(one, 5e-4);
}

test.each([1, 2, 3, 8, 97, 360, 400, 512, 1024, 1009])('%d numbers', async (n) => {
  for (const parts of [1, 2]) {
    await expectNear(caseOf([2, n, parts]));
    await expectNear(caseOf([1, n, parts], { inverse: 1 }));
  }
  await expectNear(caseOf([3, n, 1], { onesided: 1 }));
});

test('lengths with divisors take two small matrices', () => {
  expect(products(caseOf([1, 97, 1]))).toBe(1);
  expect(products(caseOf([1, 1024, 1]))).toBe(2);
});

test.each([
  [[3, 5, 4, 1], 1],
  [[3, 5, 4, 2], 2],
  [[6, 5, 4, 2], 0],
  [[512, 3, 1], 0],
  [[2, 3, 1], -2],
])('of %j along axis %d', (dims, axis) => expectNear(caseOf(dims, { axis })));

test.each([
  [5, 3],
  [5, 8],
  [300, 512],
  [600, 512],
])('%d numbers as %d: filled with zeros, or cut off', async (n, length) => {
  for (const parts of [1, 2]) await expectNear(caseOf([2, n, parts], { length }));
  await expectNear(caseOf([2, n, 1], { length, onesided: 1 }));
});

test('the axis as an input', () =>
  expectAgreement({
    op: 'DFT',
    inputs: [noise('float32', [2, 6, 3, 1]), null, i64([1], [])],
    constants: [2],
    opset: 20,
    tolerance: 1e-5,
  }));

test('a length that is fed stays with the reference until it is known', () =>
  expectAgreement({
    op: 'DFT',
    inputs: [noise('float32', [2, 6, 1]), i64([4], [])],
    constants: [1],
    tolerance: 1e-5,
  }));

test.each([
  [[1, 4099, 1], 'its matrix is too large'],
  [[0, 8, 1], 'there is nothing to transform'],
])('of %j stays with the reference: %s', (dims) => {
  expect(dft.inline!(contextOf(caseOf(dims)))).toBeUndefined();
});

test('float64 stays with the reference', () => {
  expect(dft.inline!(contextOf({ op: 'DFT', inputs: [noise('float64', [1, 4, 1])] }))).toBeUndefined();
});
