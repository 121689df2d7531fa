import { fromBytes, fromJson, toJson } from '../../lib/serve/protocol-data.js';
import type { DType } from '../../lib/tensor/dtype.js';

const malformed = expect.objectContaining({ code: 'KPT_REQUEST_MALFORMED' });
const read = (dtype: DType, value: unknown) => fromJson(dtype, [value], 1, 1, 'input "x"');

test.each<[DType, number, number]>([
  ['float16', 65_504, 65_520],
  ['bfloat16', 3.3895e38, 3.4e38],
  ['float32', 3.4028234663852886e38, 3.4028235677973366e38],
])('the largest %s is read, and what would become infinite is refused', (dtype, most, beyond) => {
  for (const sign of [1, -1]) {
    const [value] = JSON.parse(toJson(dtype, [1], read(dtype, sign * most))) as [number];
    expect(value / (sign * most)).toBeCloseTo(1, 3);
    expect(() => read(dtype, sign * beyond)).toThrow(malformed);
  }
});

test('strings are text: other bytes are refused, and none is changed', () => {
  const sized = (...bytes: number[]): Uint8Array => Uint8Array.of(bytes.length, 0, 0, 0, ...bytes);
  expect(() => fromBytes('string', sized(0xff, 0xd8, 0xff, 0xe0), 1, 'input "x"')).toThrow(malformed);
  expect(fromBytes('string', sized(0xef, 0xbb, 0xbf, 0x61), 1, 'input "x"')).toEqual(['\ufeffa']);
  expect(() => read('string', 'a\ud800')).toThrow(malformed);
  expect(read('string', '\u{1f600}')).toEqual(['\u{1f600}']);
});
