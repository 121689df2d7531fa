// Fourier transforms, windows and mel filters.
import { attr } from '../../lib/graph/attribute.js';
import { f32, i64, toNumbers } from '../../lib/tensor/tensor.js';
import { expectAgreement, random, referenceOf } from '../helpers/one-node.js';

const scalar = (n: number) => i64([n], []);

describe('DFT', () => {
  test.each([
    [1, 0, 0, [2, 7, 1]],
    [1, 0, 1, [2, 8, 1]],
    [2, 0, 0, [1, 3, 5, 2]],
    [1, 1, 0, [2, 6, 2]],
  ])('axis %d inverse %d onesided %d of %j', (axis, inverse, onesided, dims) =>
    expectAgreement({
      op: 'DFT',
      inputs: [random('float32', dims)],
      attributes: { axis: attr.int(axis), inverse: attr.int(inverse), onesided: attr.int(onesided) },
      tolerance: 1e-4,
    }),
  );
  test('a line cut off, and filled with zeros', () => {
    const line = f32([1, 3, 1], [1, 2, 3]);
    const lengthOf = (n: number) => [
      ...toNumbers(referenceOf({ op: 'DFT', inputs: [line, scalar(n)] })[0]!).slice(0, 2),
    ];
    expect(lengthOf(2)).toEqual([3, 0]);
    expect(lengthOf(5)).toEqual([6, 0]);
  });
  test('onesided inverse is refused', () => {
    const attributes = { inverse: attr.int(1), onesided: attr.int(1) };
    const run = () => referenceOf({ op: 'DFT', inputs: [f32([1, 2, 1], [1, 2])], attributes });
    expect(run).toThrow(expect.objectContaining({ code: 'KPT_ATTRIBUTE_INVALID' }));
  });
});

test.each([1, 0])('STFT onesided %d', (onesided) =>
  expectAgreement({
    op: 'STFT',
    inputs: [random('float32', [2, 33, 1]), scalar(4), random('float32', [8], 5), scalar(8)],
    constants: [1, 3],
    attributes: { onesided: attr.int(onesided) },
    tolerance: 1e-4,
  }),
);

describe.each(['HannWindow', 'HammingWindow', 'BlackmanWindow'])('%s', (op) => {
  test.each([0, 1])('periodic %d', (periodic) =>
    expectAgreement({
      op,
      inputs: [scalar(10)],
      constants: [0],
      attributes: { periodic: attr.int(periodic) },
    }),
  );
});

test('MelWeightMatrix', () =>
  expectAgreement({
    op: 'MelWeightMatrix',
    inputs: [scalar(8), scalar(16), scalar(8192), f32([], [0]), f32([], [4096])],
    constants: [0, 1, 2, 3, 4],
  }));
