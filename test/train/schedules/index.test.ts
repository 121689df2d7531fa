// Learning-rate schedules: their shapes, by points known beforehand.
import { schedules } from '../../../lib/train/schedules/index.js';
import { scheduleOf, scheduleOptions } from '../../../lib/train/schedules/options.js';
import { withWarmUp } from '../../../lib/train/schedules/warm-up.js';

const make = (options: unknown) => scheduleOf(scheduleOptions.parse(options));

test.each([
  [
    'constant',
    [
      [0, 1],
      [0.5, 1],
      [0.999, 1],
    ],
  ],
  [
    'step',
    [
      [0, 1],
      [0.499, 1],
      [0.5, 0.1],
      [0.749, 0.1],
      [0.75, 0.01],
      [0.99, 0.01],
    ],
  ],
  [
    { name: 'step', milestones: [0.2], factor: 0.5 },
    [
      [0.19, 1],
      [0.2, 0.5],
      [0.9, 0.5],
    ],
  ],
  [
    'exponential',
    [
      [0, 1],
      [0.5, 0.1],
      [1, 0.01],
    ],
  ],
  [
    { name: 'exponential', last: 0.0001 },
    [
      [0.25, 0.1],
      [0.75, 0.001],
    ],
  ],
  [
    'cosine',
    [
      [0, 1],
      [1 / 3, 0.75],
      [0.5, 0.5],
      [1, 0],
    ],
  ],
  [
    { name: 'cosine', last: 0.2 },
    [
      [0, 1],
      [0.5, 0.6],
      [1, 0.2],
    ],
  ],
  [
    'one-cycle',
    [
      [0, 0.04],
      [0.15, 0.52],
      [0.3, 1],
      [0.65, 0.50005],
      [1, 0.0001],
    ],
  ],
] as [unknown, [number, number][]][])('%j', (options, points) => {
  const schedule = make(options);
  for (const [progress, factor] of points) expect(schedule(progress)).toBeCloseTo(factor, 10);
});

test('warm-up rises evenly to where the schedule starts, which then has the rest', () => {
  const schedule = withWarmUp(make('cosine'), 0.2);
  expect(schedule(0)).toBe(0.001);
  expect(schedule(0.1)).toBeCloseTo(0.5);
  expect(schedule(0.2)).toBeCloseTo(1);
  expect(schedule(0.6)).toBeCloseTo(0.5);
  const plain = make('step');
  expect(withWarmUp(plain, 0)).toBe(plain);
});

test('every schedule may be named alone', () => {
  for (const { name } of schedules) expect(make(name)(0)).toBeGreaterThan(0);
});

test.each([
  ['sawtooth'],
  [{ name: 'sawtooth' }],
  [{ name: 'cosine', lats: 0.1 }],
  [{ name: 'step', milestones: [1.5] }],
  [{ name: 'exponential', last: 0 }],
])('%j is refused', (options) => {
  expect(scheduleOptions.safeParse(options).success).toBe(false);
});
