// CIFAR-10 binary files: records of one label byte and 3072 bytes of picture, [3,32,32].
// Format: https://www.cs.toronto.edu/~kriz/cifar.html (binary version).
import { tensor } from '../tensor/tensor.js';
import { ByteStream } from './byte-stream.js';
import { type Dataset, dataset, malformedData } from './dataset.js';

const dims = [3, 32, 32] as const;
const pictureBytes = 3 * 32 * 32;
const classes = 10;

export const cifar = (path: string): Dataset =>
  dataset(async function* () {
    const stream = await ByteStream.open(path);
    try {
      for (let i = 0; !(await stream.atEnd()); i++) {
        const record = await stream.take(1 + pictureBytes);
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
