// npy arrays of every type, fitted to inputs, and what is malformed.
import { npyBytes } from '../helpers/data-bytes.js';
import { all, file, input } from '../helpers/data-files.js';

describe('npy', () => {
  test.each([
    ['<f4', Float32Array.of(1, -2, 0.5, 4)],
    ['<f8', Float64Array.of(1, -2, 0.5, 4)],
    ['|i1', Int8Array.of(1, -2, 0, 4)],
    ['<i8', BigInt64Array.of(1n, -2n, 0n, 4n)],
    ['<u2', Uint16Array.of(1, 2, 3, 65535)],
  ])('%s', async (descr, values) => {
    const data = `npy:${file('a.npy', npyBytes(descr, [2, 2], values))}`;
    const samples = await all({ data }, [input([null, 2])]);
    expect(samples.flatMap((s) => s.feeds.x!.values)).toEqual([...values].map(Number));
  });

  test('big-endian, reshaped to the input, to another type', async () => {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32BE(-7, 0);
    bytes.writeInt32BE(70000, 4);
    const data = `npy:${file('be.npy', npyBytes('>i4', [1, 2], bytes))}`;
    const [sample] = await all({ data }, [input([1, 1, 2, 1], 'int64')]);
    expect(sample!.feeds.x).toEqual({ dims: [1, 1, 2, 1], values: [-7, 70000] });
  });

  test('a shape that does not fit is refused', async () => {
    const data = `npy:${file('misfit.npy', npyBytes('|u1', [1, 5], new Uint8Array(5)))}`;
    await expect(all({ data }, [input([1, 2, 3])])).rejects.toMatchObject({ code: 'KPT_SHAPE_MISMATCH' });
  });

  test.each([
    ['text', Buffer.from('hello, this is not an array')],
    ['objects', npyBytes('|O', [2], new Uint8Array(16))],
    ['Fortran order', npyBytes('<f4', [1, 2], new Float32Array(2), true)],
    ['cut', npyBytes('<f4', [4, 4], new Float32Array(5))],
    ['samples without elements', npyBytes('<f4', [3, 0], new Float32Array(0))],
    ['absurd shape', npyBytes('<f4', [1, 99999999999], new Float32Array(1))],
  ])('%s is malformed', async (name, bytes) => {
    await expect(all({ data: `npy:${file(`bad ${name}.npy`, bytes)}` }, [input(null)])).rejects.toMatchObject(
      { code: 'KPT_DATA_MALFORMED' },
    );
  });
});
