// CIFAR-10 binary files: records of one label byte and 3072 bytes of picture, [3,32,32].
// Format: https://www.cs.toronto.edu/~kriz/cifar.html (binary version).
import { tensor } from '../tensor/tensor.js';
import { ByteStream, requireFile } from './byte-stream.js';
import { type Dataset, dataset, malformedData } from './dataset.js';
import { wantedOf } from './draw.js';

const dims = [3, 32, 32] as const;
const recordBytes = 1 + 3 * 32 * 32;
const classes = 10;

export const cifar = (path: string): Dataset =>
  dataset(async function* (most) {
    const wanted = wantedOf(most === undefined ? Number.POSITIVE_INFINITY : await recordsOf(path), most);
    const stream = await ByteStream.open(path);
    try {
      for (let i = 0; i < wanted.end && !(await stream.atEnd()); i++) {
        const record = await stream.take(recordBytes);
        if (!wanted.has(i)) continue;
        const label = record[0]!;
        if (label >= classes)
          malformedData(
            `Expected a label below ${classes} for record ${i} of '${path}' but received ${label}.`,
          );
        const arrays = { '': tensor('uint8', dims, record.subarray(1)) };
        yield { name: `${path}[${i}]`, label, layout: 'CHW', arrays };
      }
    } finally {
      await stream.close();
    }
  });

/** Nothing but the length of a file tells; that of a compressed one is known when it has been read. */
async function recordsOf(path: string): Promise<number> {
  if (!path.endsWith('.gz')) return Math.ceil((await requireFile(path)) / recordBytes);
  const stream = await ByteStream.open(path);
  try {
    let count = 0;
    for (; !(await stream.atEnd()); count++) await stream.take(recordBytes);
    return count;
  } finally {
    await stream.close();
  }
}
