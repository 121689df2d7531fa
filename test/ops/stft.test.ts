// STFT as a convolution or as products of frames: near the reference, which computes in double precision.
import { attr } from '../../lib/graph/attribute.js';
import { stft } from '../../lib/ops/stft.js';
import { i64, type TensorValue } from '../../lib/tensor/tensor.js';
import { expectNativeLikeReference, type NativeCase, scheduleOf } from '../helpers/native-like-reference.js';
import { expectAgreement } from '../helpers/one-node.js';
import { contextOf, expectLikeOrt, noise } from '../helpers/run-reference.js';

const scalar = (n: number) => i64([n], []);

function caseOf(
  dims: readonly number[],
  step: number,
  length: number,
  { onesided = 1, window = true, fed = [0] }: { onesided?: 0 | 1; window?: boolean; fed?: number[] } = {},
): NativeCase {
  const inputs: (TensorValue | null)[] = [noise('float32', dims), scalar(step)];
  inputs.push(window ? noise('float32', [length], 2, [0, 1]) : null, scalar(length));
  return { op: 'STFT', attributes: { onesided: attr.int(onesided) }, inputs, fed };
}

const opsOf = (one: NativeCase): readonly string[] =>
  stft.inline!(contextOf(one, (i) => !one.fed!.includes(i)))!.nodes.map(({ op }) => op);

/** `ort`: not where onnxruntime refuses or reads the case in another way. */
async function expectNear(one: NativeCase, ort = true): Promise<void> {
  expect(scheduleOf(one)).toEqual(['native']);
  await expectNativeLikeReference(one);
  // Its transforms of other lengths than powers of 2 lose three digits.
  if (ort) await expectLikeOrt(one, 5e-4);
}

test.each([
  [[2, 33, 1], 4, 8],
  [[1, 800, 1], 160, 400],
  [[1, 803, 1], 160, 400],
  [[1, 50, 1], 7, 13],
  [[1, 700, 1], 128, 256],
  [[1, 50, 1], 20, 5],
  [[1, 16, 1], 1, 1],
  [[1, 16, 1], 3, 16],
  [[2, 4000, 1], 512, 2048],
  [[1, 1500, 1], 250, 1000],
] as const)('%j in steps of %d, frames of %d', async (dims, step, length) => {
  await expectNear(caseOf(dims, step, length));
  await expectNear(caseOf(dims, step, length, { onesided: 0 }));
  await expectNear(caseOf(dims, step, length, { window: false }));
  await expectNear(caseOf(dims, step, length, { fed: [0, 2] }));
  // onnxruntime reads complex signals beyond their ends.
  await expectNear(caseOf([...dims.slice(0, 2), 2], step, length, { onesided: 0 }), false);
});

test('short frames are filters, long ones and those of windows that are fed are products', () => {
  expect(opsOf(caseOf([1, 800, 1], 160, 400))).toContain('Conv');
  expect(opsOf(caseOf([1, 4000, 1], 512, 2048))).toContain('MatMul');
  expect(opsOf(caseOf([1, 800, 1], 160, 400, { fed: [0, 2] }))).toContain('MatMul');
});

test('a signal without an axis of parts', () => expectNear(caseOf([2, 33], 4, 8), false));

test('frames as long as the window', () =>
  expectAgreement({
    op: 'STFT',
    inputs: [noise('float32', [1, 33, 1]), scalar(4), noise('float32', [8], 2)],
    constants: [1],
    tolerance: 1e-5,
  }));

test('a step that is fed', () =>
  expectAgreement({
    op: 'STFT',
    inputs: [noise('float32', [1, 33, 1]), scalar(4), null, scalar(8)],
    constants: [1, 3],
    tolerance: 1e-5,
  }));

test.each([
  [caseOf([1, 5000, 1], 100, 4099), 'its matrix is too large'],
  [caseOf([0, 50, 1], 7, 13), 'there is nothing to transform'],
])('stays with the reference: case %#', (one) => {
  expect(stft.inline!(contextOf(one))).toBeUndefined();
});
