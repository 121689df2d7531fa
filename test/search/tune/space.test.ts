// Spaces: what is drawn lies in them, logarithmic scales are logarithmic, every value can be reached, and what is wrong is told.

import { withValues } from '../../../lib/search/tune/apply.js';
import { parseSpace, type SpaceInput } from '../../../lib/search/tune/parse-space.js';
import { countOf, isActive, placeOf, valueAt, valuesAt } from '../../../lib/search/tune/space.js';
import { randomFor } from '../../../lib/train/seeds.js';

const only = (input: SpaceInput[string]) => parseSpace({ x: input })[0]!;
const places = Array.from({ length: 1001 }, (_, i) => i / 1000);

test.each([
  [{ min: 2, max: 5 }],
  [{ min: -3, max: 0.5 }],
  [{ min: 1e-5, max: 0.3, scale: 'log' }],
  [{ min: 0, max: 3, step: 1 }],
  [{ min: 0.1, max: 0.75, step: 0.2 }],
  [{ min: 1, max: 100, scale: 'log', step: 1 }],
] as const)('values of %j lie in it and go up with their place, both ends included', (input) => {
  const parameter = only(input);
  const values = places.map((place) => valueAt(parameter, place) as number);
  expect(values).toEqual(values.toSorted((a, b) => a - b));
  expect(values[0]).toBe(input.min);
  const { min, max, step } = { step: undefined, ...input };
  const last = step === undefined ? max : min + Math.floor((max - min) / step + 1e-9) * step;
  expect(values.at(-1)).toBeCloseTo(last, 10);
  for (const value of values) expect(valueAt(parameter, placeOf(parameter, value))).toBeCloseTo(value, 3);
});

test('on a logarithmic scale every factor of ten is as likely', () => {
  const parameter = only({ min: 1e-4, max: 1e-1, scale: 'log' });
  const random = randomFor(1, 'trials');
  const counts = [0, 0, 0];
  for (let i = 0; i < 3000; i++)
    counts[Math.floor(Math.log10(valueAt(parameter, random()) as number) + 4)]!++;
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
});

test('whole numbers and choices are equally likely, all of them', () => {
  const random = randomFor(2, 'trials');
  for (const parameter of [only({ min: 0, max: 3, step: 1 }), only(['sgd', 'adam', 64, null])]) {
    const counts = new Map<unknown, number>();
    for (let i = 0; i < 4000; i++) {
      const value = valueAt(parameter, random());
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect(counts.size).toBe(4);
    expect(countOf(parameter)).toBe(4);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(130);
  }
  expect(valueAt(only([1, 2, 3]), 1)).toBe(3);
});

test('a parameter with a condition is there where the condition holds', () => {
  const space = parseSpace({
    'optimizer.momentum': { min: 0.5, max: 0.99, when: { optimizer: 'sgd' } },
    optimizer: ['sgd', 'adam'],
  });
  expect(space.map(({ path }) => path)).toEqual(['optimizer', 'optimizer.momentum']);
  const random = randomFor(3, 'trials');
  for (let i = 0; i < 100; i++) {
    const values = valuesAt(space, random);
    expect('optimizer.momentum' in values).toBe(values.optimizer === 'sgd');
    expect(isActive(space[1]!, values)).toBe(values.optimizer === 'sgd');
  }
});

test('values become options: nested paths, and names with room for more', () => {
  const fixed = { loss: 'cross-entropy', augment: { flip: 0.5 } };
  const values = { 'optimizer.momentum': 0.8, optimizer: 'sgd', 'augment.shift': 2, 'loss.smoothing': 0.1 };
  expect(withValues(fixed, values)).toEqual({
    loss: { name: 'cross-entropy', smoothing: 0.1 },
    optimizer: { name: 'sgd', momentum: 0.8 },
    augment: { flip: 0.5, shift: 2 },
  });
  expect(fixed.augment).toEqual({ flip: 0.5 });
});

test.each([
  [{}, 'no parameter'],
  [{ x: { min: 2, max: 1 } }, "'x': min is not below max"],
  [{ x: { min: 0, max: 1, scale: 'log' } }, 'min of a logarithmic scale'],
  [{ x: { min: 0, max: 1, steps: 1 } }, "'x'.*steps"],
  [{ x: { min: 0, max: 1, step: 2 } }, 'only one value'],
  [{ x: [] }, "'x'"],
  [{ x: [1, 1] }, 'twice'],
  [{ x: 3 }, "'x'"],
  [{ x: { choices: [1, 2], when: { y: 1 } } }, "'when' of 'x'"],
  [{ y: { min: 0, max: 1 }, x: { choices: [1], when: { y: 1 } } }, "'when' of 'x'"],
  [{ y: [1, 2], x: { choices: [1], when: { y: 3 } } }, 'y=3'],
])('%j is refused: %s', (input, message) => {
  expect(() => parseSpace(input as SpaceInput)).toThrow(
    expect.objectContaining({
      code: 'KPT_OPTION_INVALID',
      message: expect.stringMatching(message),
    }) as Error,
  );
});
