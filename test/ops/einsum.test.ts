// Einsum as products of matrices: whatever its equation, the sums are those of the reference.
import { attr } from '../../lib/graph/attribute.js';
import { einsum as def } from '../../lib/ops/einsum.js';
import { expectNativeLikeReference, type NativeCase, scheduleOf } from '../helpers/native-like-reference.js';
import { expectAgreement, random } from '../helpers/one-node.js';
import { contextOf, infer, noise } from '../helpers/run-reference.js';

type Shapes = readonly (readonly number[])[];

const einsum = (equation: string, shapes: Shapes): NativeCase => ({
  op: 'Einsum',
  attributes: { equation: attr.string(equation) },
  inputs: shapes.map((dims, i) => noise('float32', dims, i + 1)),
  fed: shapes.map((_, i) => i),
});

const body = (one: NativeCase) => def.inline!(contextOf(one));

/** Operators of the body that move or compute. */
const bodyOf = (one: NativeCase): readonly string[] =>
  body(one)!
    .nodes.map(({ op }) => op)
    .filter((op) => op !== 'Reshape');

const cases: readonly (readonly [string, Shapes, readonly string[]])[] = [
  [
    'bhid,bhjd->bhij',
    [
      [2, 3, 8, 16],
      [2, 3, 9, 16],
    ],
    ['FusedMatMul'],
  ],
  [
    'bhij,bhjd->bhid',
    [
      [2, 3, 8, 16],
      [2, 3, 16, 9],
    ],
    ['FusedMatMul'],
  ],
  [
    'bihd,bjhd->bhij',
    [
      [2, 8, 3, 16],
      [2, 9, 3, 16],
    ],
    ['Transpose', 'Transpose', 'FusedMatMul'],
  ],
  [
    'abc,cd->abd',
    [
      [3, 4, 5],
      [5, 16],
    ],
    ['FusedMatMul'],
  ],
  [
    'abc,dc',
    [
      [3, 4, 5],
      [16, 5],
    ],
    ['FusedMatMul'],
  ],
  [
    'ji,jk->ik',
    [
      [17, 7],
      [17, 33],
    ],
    ['FusedMatMul'],
  ],
  [
    'ij,jk->ki',
    [
      [13, 7],
      [7, 33],
    ],
    ['FusedMatMul'],
  ],
  [
    'bhwc,hkc->bhwk',
    [
      [4, 6, 6, 16],
      [6, 6, 16],
    ],
    ['FusedMatMul'],
  ],
  [
    '...ij,...jk',
    [
      [2, 1, 30, 16],
      [1, 5, 16, 40],
    ],
    ['FusedMatMul'],
  ],
  [
    'nchw,co->nohw',
    [
      [2, 7, 8, 8],
      [7, 16],
    ],
    ['FusedMatMul'],
  ],
  [
    'bi,bi->b',
    [
      [8, 64],
      [8, 64],
    ],
    ['Mul', 'ReduceSum'],
  ],
  ['i,j->ji', [[5], [7]], ['Mul']],
  ['ij,i->ij', [[5, 7], [5]], ['Mul']],
  [
    'ij,kj->i',
    [
      [5, 7],
      [3, 7],
    ],
    ['ReduceSum', 'Mul', 'ReduceSum'],
  ],
  ['abc->ca', [[2, 3, 4]], ['ReduceSum', 'Transpose']],
  ['a...c->...', [[2, 3, 5, 4]], ['ReduceSum']],
  ['ij->', [[5, 7]], ['ReduceSum']],
  ['ij', [[5, 7]], []],
  ['ba', [[5, 7]], ['Transpose']],
  [
    'ij,kj->ik',
    [
      [5, 1],
      [3, 7],
    ],
    ['ReduceSum', 'Mul'],
  ],
  [
    'ab,cd,bc->ad',
    [
      [9, 16],
      [15, 9],
      [16, 15],
    ],
    ['FusedMatMul', 'FusedMatMul'],
  ],
  ['i,j,k->kij', [[3], [4], [5]], ['Mul', 'Mul']],
];

test.each(cases)('%s of %j', async (equation, shapes, ops) => {
  const one = einsum(equation, shapes);
  expect([...bodyOf(one)].sort()).toEqual([...ops].sort());
  if (ops.length > 0) expect(scheduleOf(one)).toEqual(['native']);
  await expectNativeLikeReference(one);
  await expectAgreement({
    op: 'Einsum',
    inputs: shapes.map((dims, i) => random('float32', dims, i + 2)),
    attributes: { equation: attr.string(equation) },
    tolerance: 1e-4,
  });
});

test.each([
  ['ii->i', [[3, 3]]],
  [
    'ij,ij->ii',
    [
      [3, 3],
      [3, 3],
    ],
  ],
  [
    'ij,jk',
    [
      [0, 3],
      [3, 2],
    ],
  ],
  [
    'ij,jk->ik',
    [
      [2, 0],
      [0, 3],
    ],
  ],
] as const)('%s of %j stays with the reference', (equation, shapes) => {
  const one = einsum(equation, shapes);
  expect(body(one)).toBeUndefined();
});

test('integers stay with the reference', () =>
  expectAgreement({
    op: 'Einsum',
    inputs: [random('int32', [3, 4]), random('int32', [4, 2])],
    attributes: { equation: attr.string('ij,jk') },
  }));

test('a letter of the output that no input has is refused', () =>
  expect(() => infer(einsum('ij->ik', [[2, 3]]))).toThrow(
    expect.objectContaining({ code: 'KPT_ATTRIBUTE_INVALID' }),
  ));

describe('any equation', () => {
  const sizes = [1, 2, 3, 5];
  test.each(Array.from({ length: 60 }, (_, seed) => seed))('drawn with %d', async (seed) => {
    let state = seed + 1;
    const draw = (n: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % n;
    };
    const letters = ['a', 'b', 'c', 'd', 'e'].slice(0, 2 + draw(4));
    const size = new Map(letters.map((letter) => [letter, sizes[draw(sizes.length)]!]));
    const some = (from: readonly string[]): string[] =>
      from
        .filter(() => draw(3) > 0)
        .map((letter) => ({ letter, at: draw(100) }))
        .sort((x, y) => x.at - y.at)
        .map(({ letter }) => letter);
    const terms = Array.from({ length: 1 + draw(3) }, () => some(letters));
    const output = some([...new Set(terms.flat())]);
    const shapes = terms.map((term) => term.map((letter) => (draw(6) === 0 ? 1 : size.get(letter)!)));
    const equation = `${terms.map((term) => term.join('')).join()}->${output.join('')}`;
    const one = einsum(equation, shapes);
    expect(scheduleOf(one)).not.toContain('host');
    await expectNativeLikeReference(one);
  });
});
