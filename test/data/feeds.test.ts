// Model inputs in integers: numbers are rounded, and what does not fit is named.
import { feedsOf } from '../../lib/data/feeds.js';
import type { DType } from '../../lib/tensor/dtype.js';
import { f32, type TensorValue, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import { input } from '../helpers/data-files.js';

/** What an input of this type is fed of one sample. */
async function fed(dtype: DType, value: TensorValue, preprocess = {}): Promise<number[]> {
  const samples = async function* () {
    yield { name: 'a.npy[3]', layout: 'array', arrays: { '': value } } as const;
  };
  for await (const { feeds } of feedsOf(samples(), [input([1, value.data.length], dtype)], preprocess))
    return [...toNumbers(feeds.x!)];
  throw new Error('no sample');
}

const bytes = tensor('uint8', [4], Uint8Array.of(0, 1, 127, 128));

test('numbers are rounded, halves to even', async () => {
  expect(await fed('uint8', bytes, { scale: 0.5 })).toEqual([0, 0, 64, 64]);
  expect(await fed('int64', bytes, { scale: 0.1 })).toEqual([0, 0, 13, 13]);
  expect(await fed('float32', bytes, { scale: 0.5 })).toEqual([0, 0.5, 63.5, 64]);
  expect(await fed('int8', bytes, { mean: 128 })).toEqual([-128, -127, -1, 0]);
});

test.each([
  ['int8', {}, 'from -128 to 127', 128],
  ['uint8', { mean: 1 }, 'from 0 to 255', -1],
  ['uint8', { scale: 2 }, 'from 0 to 255', 256],
  ['int32', { scale: 1e9 }, 'from -2147483648 to 2147483647', 127e9],
  ['int64', { scale: 2 ** 57 }, 'of -2^63 to 2^63 - 1', 127 * 2 ** 57],
  ['bool', {}, 'from 0 to 1', 127],
] as const)('%s by %j: what does not fit is refused', async (dtype, preprocess, range, value) => {
  const wrong = fed(dtype, bytes, preprocess);
  await expect(wrong).rejects.toMatchObject({ code: 'KPT_DATA_MALFORMED' });
  for (const part of [range, `received ${value} from sample 'a.npy[3]'`, "input 'x'"])
    await expect(wrong).rejects.toThrow(part);
});

test('no number is no integer', async () => {
  await expect(fed('int32', f32([1], [Number.NaN]))).rejects.toMatchObject({ code: 'KPT_DATA_MALFORMED' });
});
