// IDX files (MNIST and its relatives): a big-endian header, then the elements. A rank-3 file holds pictures [1,H,W].
// Format: http://yann.lecun.com/exdb/mnist/ (file formats).
import type { DType } from '../tensor/dtype.js';
import { type TensorValue, toNumbers } from '../tensor/tensor.js';
import { ByteStream } from './byte-stream.js';
import { type Dataset, dataset, malformedData } from './dataset.js';
import { wantedOf } from './draw.js';
import { recordBytes, toTensor } from './elements.js';

const types = new Map<number, DType>([
  [0x08, 'uint8'],
  [0x09, 'int8'],
  [0x0b, 'int16'],
  [0x0c, 'int32'],
  [0x0d, 'float32'],
  [0x0e, 'float64'],
]);

/** Samples of an IDX file, with labels from a second one. */
export const idx = (images: string, labels?: string): Dataset =>
  dataset(async function* (most) {
    const pictures = await open(images);
    let classes: IdxFile | undefined;
    try {
      if (labels !== undefined) classes = await open(labels);
      if (classes !== undefined && (classes.count !== pictures.count || classes.dims.length > 0))
        malformedData(
          `Expected ${pictures.count} labels in '${labels}' but received shape [${[classes.count, ...classes.dims]}].`,
        );
      const layout = pictures.dims.length === 2 ? 'CHW' : 'array';
      const wanted = wantedOf(pictures.count, most);
      for (let i = 0; i < wanted.end; i++) {
        const value = await pictures.next();
        const label = classes && toNumbers(await classes.next())[0]!;
        if (!wanted.has(i)) continue;
        const picture = layout === 'CHW' ? { ...value, dims: [1, ...value.dims] } : value;
        yield { name: `${images}[${i}]`, label, layout, arrays: { '': picture } };
      }
    } finally {
      await pictures.stream.close();
      await classes?.stream.close();
    }
  });

interface IdxFile {
  readonly stream: ByteStream;
  readonly count: number;
  /** Of one sample. */
  readonly dims: readonly number[];
  readonly next: () => Promise<TensorValue>;
}

async function open(path: string): Promise<IdxFile> {
  const stream = await ByteStream.open(path);
  try {
    return await readHeader(stream, path);
  } catch (error) {
    await stream.close();
    throw error;
  }
}

async function readHeader(stream: ByteStream, path: string): Promise<IdxFile> {
  const [zero, alsoZero, type, rank] = (await stream.take(4)) as unknown as [number, number, number, number];
  const dtype = types.get(type);
  if (zero !== 0 || alsoZero !== 0 || dtype === undefined || rank === 0)
    return malformedData(
      `'${path}' is not an IDX file: it starts with bytes ${[zero, alsoZero, type, rank]}.`,
    );
  const header = new DataView((await stream.take(4 * rank)).buffer);
  const [count, ...dims] = Array.from({ length: rank }, (_, i) => header.getUint32(4 * i)) as [
    number,
    ...number[],
  ];
  const bytes = recordBytes(dtype, dims, path);
  return { stream, count, dims, next: async () => toTensor(dtype, dims, await stream.take(bytes), true) };
}
