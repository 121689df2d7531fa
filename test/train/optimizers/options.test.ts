// Options of optimisers: what is no option is named, as everywhere; what is left out has its default.
import { adam, adamW } from '../../../lib/train/optimizers/adam.js';
import { bop } from '../../../lib/train/optimizers/bop.js';
import { rmsprop } from '../../../lib/train/optimizers/rmsprop.js';
import { sgd } from '../../../lib/train/optimizers/sgd.js';

const makers: Readonly<Record<string, (options?: never) => { readonly name: string }>> = {
  sgd,
  adam,
  adamW,
  rmsprop,
  bop,
};

test.each(Object.entries(makers))('%s takes no null for its options', (name, make) => {
  expect(() => make(null as never)).toThrow(
    expect.objectContaining({
      code: 'KPT_OPTION_INVALID',
      message: `Options of ${name}: Invalid input: expected object, received null.`,
    }),
  );
});

test.each([
  ['sgd', { momentum: null }, 'momentum: Invalid input: expected number, received null'],
  ['sgd', { nesterov: 'yes' }, 'nesterov: '],
  ['sgd', { momentum: 1 }, 'momentum: '],
  ['adam', { beta1: null }, 'beta1: '],
  ['adam', { epsilon: 0 }, 'epsilon: '],
  ['adamW', { decay: null }, 'decay: '],
  ['rmsprop', { alpha: Number.NaN }, 'alpha: '],
  ['bop', { threshold: null }, 'threshold: '],
  ['adam', { decay: 0.1 }, 'Unrecognized key: "decay"'],
])('%s refuses %j', (name, options, message) => {
  expect(() => makers[name]!(options as never)).toThrow(
    expect.objectContaining({ code: 'KPT_OPTION_INVALID', message: expect.stringContaining(message) }),
  );
});

test('options that are left out, or undefined, have their defaults', () => {
  const rates = ({ hyper, hypers }: ReturnType<typeof adam>): readonly number[] => {
    const out = new Float32Array(hypers);
    hyper(0.1, 1, out);
    return [...out];
  };
  expect(rates(adam({ beta1: undefined as never }))).toEqual(rates(adam()));
  expect(rates(adamW())).toEqual(rates(adam({ beta2: 0.999 })));
  expect([sgd().slots, sgd({ momentum: 0.9 }).slots]).toEqual([[], ['velocity']]);
});
