// Requests joined: float16 keeps its bits in whichever form they come.
import { Tensor } from 'onnxruntime-common';
import { joinFeeds } from '../../lib/serve/micro-batch.js';
import { storedAs } from '../../lib/tensor/tensor.js';

// Of Node 24 on a Tensor of float16 holds a Float16Array, whose numbers are not its bits.
test('a Tensor of float16 and one with bits', () => {
  const x = new Tensor('float16', Uint16Array.of(0x3c00, 0xc000), [1, 2]);
  const bits = { type: 'float16', dims: [1, 2], data: Uint16Array.of(0x3800, 0x4200) } as unknown as Tensor;
  for (const [feeds, expected] of [
    [
      [{ x }, { x: bits }],
      [0x3c00, 0xc000, 0x3800, 0x4200],
    ],
    [
      [{ x: bits }, { x }],
      [0x3800, 0x4200, 0x3c00, 0xc000],
    ],
  ] as const) {
    const joined = joinFeeds(feeds).x as Tensor;
    expect(joined.dims).toEqual([2, 2]);
    expect([...storedAs('float16', joined.data as unknown as Uint16Array)]).toEqual(expected);
  }
});
