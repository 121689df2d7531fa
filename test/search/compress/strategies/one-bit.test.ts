// One bit where layers are wide enough to pay, and where it can meet the budget.
import { oneBit } from '../../../../lib/search/compress/strategies/one-bit.js';
import type { LayerFacts } from '../../../../lib/search/compress/weighted-layers.js';
import { Bench } from '../../../helpers/candidates.js';
import { explore } from '../../../helpers/explore.js';

const conv = (name: string, inputs: number, outputs: number, groups = 1): LayerFacts => ({
  name,
  op: 'Conv',
  inputs,
  outputs,
  groups,
  weights: 9 * inputs * outputs,
});

const net = [
  conv('first', 3, 64),
  conv('a', 64, 64),
  conv('b', 64, 128),
  conv('thin', 32, 64),
  conv('last', 128, 128),
];

function bench(budget: ConstructorParameters<typeof Bench>[0], layers = net, objective?: 'accuracy'): Bench {
  const made = new Bench(budget, objective, layers);
  made.add('int8', [{ method: 'quantize' }], { bytes: 300, speedUp: 3 });
  return made;
}

test('the wide inner layers become binary', () => {
  const search = bench({ maxDrop: 3, maxBytes: 250 });
  expect(explore(oneBit, search, () => ({ drop: 2, bytes: 200 }))).toEqual([
    '2 inner layers of one bit, 6 epochs',
  ]);
  expect(search.candidates.at(-1)!.recipe.steps[0]).toMatchObject({ layers: { only: ['a', 'b'] } });
});

test('more epochs when a little is missing, none when much is', () => {
  expect(explore(oneBit, bench({ maxDrop: 1 }), () => ({ drop: 4 }))).toHaveLength(2);
  const search = bench({ maxDrop: 1 });
  expect(explore(oneBit, search, () => ({ drop: 20 }))).toHaveLength(1);
  expect(search.skipped[0]![1]).toContain('too far to come back');
});

test.each<[string, Bench, string]>([
  [
    'narrow layers',
    bench({ maxDrop: 1 }, [conv('a', 3, 16), conv('b', 16, 16), conv('c', 16, 10)]),
    'no inner layer has 64',
  ],
  ['a few weights', bench({ maxDrop: 1 }, [...net, conv('huge', 512, 512)].reverse()), 'have only'],
  ['a size out of reach', bench({ maxDrop: 1, maxBytes: 60 }), 'still too large'],
  [
    'accuracy where INT8 is enough',
    bench({ maxBytes: 400 }, net, 'accuracy'),
    'one bit is never more accurate',
  ],
])('is not tried for %s', (_, search, why) => {
  expect(explore(oneBit, search, () => ({ drop: 9 }))).toEqual([]);
  expect(search.skipped[0]![1]).toContain(why);
});
