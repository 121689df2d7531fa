import { getEventListeners } from 'node:events';
import { onAbort } from '../../lib/serve/on-abort.js';

const listeners = ({ signal }: AbortController): number => getEventListeners(signal, 'abort').length;

test('a signal has one listener, however many have it, and none when all have taken it back', () => {
  const control = new AbortController();
  const back = Array.from({ length: 20 }, () => onAbort(control.signal, () => {}));
  expect(listeners(control)).toBe(1);
  for (const take of back) take();
  expect(listeners(control)).toBe(0);
  // Once more is no harm, also to those that came later.
  const last = onAbort(control.signal, () => {});
  for (const take of back) take();
  expect(listeners(control)).toBe(1);
  last();
});

test('all are called once that have not taken it back, also when one takes others back', () => {
  const control = new AbortController();
  const called: number[] = [];
  const back = [0, 1, 2].map((i) =>
    onAbort(control.signal, () => {
      called.push(i);
      for (const take of back) take();
    }),
  );
  back[1]!();
  control.abort();
  control.abort();
  expect(called).toEqual([0]);
});
