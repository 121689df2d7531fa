// Operators that only training of binary networks uses; their gradients are in test/run/differentiate.test.ts.
import { attr } from '../../lib/graph/attribute.js';
import { f32, toNumbers } from '../../lib/tensor/tensor.js';
import { expectNativeLikeReference } from '../helpers/native-like-reference.js';
import { infer, noise, reference } from '../helpers/run-reference.js';

const domain = 'ai.kompakt';

describe('Binarize', () => {
  test('0 and -0 are 1, NaN is -1', () => {
    const x = f32([8], [0, -0, 1e-45, -1e-45, Number.NaN, Infinity, -Infinity, -3]);
    const [y] = reference({ op: 'Binarize', domain, inputs: [x] });
    expect([...toNumbers(y!)]).toEqual([1, 1, 1, -1, -1, 1, -1, -1]);
    return expectNativeLikeReference({ op: 'Binarize', domain, inputs: [x] });
  });

  test.each(['clip', 'approx', 'swish'])('by %s is native in any layout', (estimate) =>
    expectNativeLikeReference({
      op: 'Binarize',
      domain,
      attributes: { estimate: attr.string(estimate) },
      inputs: [noise('float32', [2, 5, 3, 7])],
    }),
  );

  test('refuses other estimates', () => {
    const attributes = { estimate: attr.string('guess') };
    const one = { op: 'Binarize', domain, attributes, inputs: [f32([1], [1])] };
    return expect(expectNativeLikeReference(one)).rejects.toMatchObject({ code: 'KPT_ATTRIBUTE_INVALID' });
  });
});

describe('StraightThrough', () => {
  test('is its first input', async () => {
    const inputs = [noise('float32', [2, 5, 3, 7]), noise('float32', [2, 5, 3, 7], 2)];
    await expectNativeLikeReference({ op: 'StraightThrough', domain, inputs, fed: [0, 1] });
    expect(reference({ op: 'StraightThrough', domain, inputs })[0]).toBe(inputs[0]);
  });

  test('refuses inputs of different shapes', () => {
    const inputs = [noise('float32', [2, 5]), noise('float32', [5, 2])];
    expect(() => infer({ op: 'StraightThrough', domain, inputs })).toThrow(
      expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }),
    );
  });
});

test('BopUpdate turns a weight when the average of its gradients says so strongly enough', () => {
  const [w, m] = reference({
    op: 'BopUpdate',
    domain,
    attributes: { threshold: attr.float(0.25) },
    // A gradient of the sign of the weight wants it smaller.
    inputs: [
      f32([4], [1, -1, 1, -1]),
      f32([4], [1, 1, 0.25, -3]),
      null,
      f32([1], [0.5]),
      f32([4], [0, 0, 0, 1]),
    ],
    outputs: 2,
  });
  expect([...toNumbers(m!)]).toEqual([0.5, 0.5, 0.125, -1]);
  expect([...toNumbers(w!)]).toEqual([-1, -1, 1, 1]);
});
