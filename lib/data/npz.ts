// npz archives: zip files of npy arrays. Arrays are named after model inputs; one named `label` holds class indices, one a sample.
// Format: PKWARE APPNOTE 4.3 (end of central directory, central directory, local headers).
import { open } from 'node:fs/promises';
import { type TensorValue, toNumbers } from '../tensor/tensor.js';
import { ByteStream, requireFile } from './byte-stream.js';
import { type Dataset, dataset, malformedData } from './dataset.js';
import { wantedOf } from './draw.js';
import { type NpyArray, readNpy } from './npy.js';

const labelName = 'label';

/** An archive with one array beside `label` feeds the only input of a model, whatever its name. */
export const npz = (path: string): Dataset =>
  dataset(async function* (most) {
    const streams: ByteStream[] = [];
    try {
      const arrays = new Map<string, NpyArray>();
      for (const entry of await readDirectory(path)) {
        const range = { start: entry.start, end: entry.start + entry.bytes };
        const through = entry.deflated ? (await import('node:zlib')).createInflateRaw() : undefined;
        const stream = await ByteStream.open(path, range, through);
        streams.push(stream);
        arrays.set(entry.name, await readNpy(stream, `${path}:${entry.name}`));
      }
      const labels = arrays.get(labelName);
      arrays.delete(labelName);
      const counts = [...arrays.values(), ...(labels ? [labels] : [])].map((array) => array.count);
      const [count] = counts;
      if (arrays.size === 0) malformedData(`The archive '${path}' holds no array beside '${labelName}'.`);
      if (counts.some((other) => other !== count))
        malformedData(`The arrays of '${path}' hold different numbers of samples: ${counts.join(', ')}.`);
      const wanted = wantedOf(count!, most);
      for (let i = 0; i < wanted.end; i++) {
        const values: [string, Awaited<ReturnType<NpyArray['next']>>][] = [];
        for (const [name, array] of arrays) values.push([arrays.size === 1 ? '' : name, await array.next()]);
        const label = labels && labelIn(await labels.next(), path);
        if (!wanted.has(i)) continue;
        yield { name: `${path}[${i}]`, label, layout: 'array', arrays: Object.fromEntries(values) };
      }
    } finally {
      for (const stream of streams) await stream.close();
    }
  });

/** Rows of scores, one-hot ones too, are no class: their first column would be taken for it. */
function labelIn(value: TensorValue, path: string): number {
  const numbers = toNumbers(value);
  if (numbers.length !== 1)
    malformedData(
      `Expected one class index a sample for the array '${labelName}' of '${path}' but received [${value.dims.join(',')}] each: give the index of the largest, as numpy.argmax(${labelName}, 1) does.`,
    );
  return numbers[0]!;
}

interface ZipEntry {
  /** Without .npy. */
  readonly name: string;
  readonly deflated: boolean;
  readonly start: number;
  readonly bytes: number;
}

const endSignature = 0x06054b50;
const centralSignature = 0x02014b50;
const localSignature = 0x04034b50;
const endBytes = 22;
const maxComment = 65535;

async function readDirectory(path: string): Promise<ZipEntry[]> {
  const size = await requireFile(path);
  const file = await open(path);
  const read = async (position: number, length: number): Promise<Buffer> => {
    if (position < 0 || length < 0 || position + length > size)
      malformedData(`The zip archive '${path}' points outside itself.`);
    const bytes = Buffer.alloc(length);
    await file.read(bytes, 0, length, position);
    return bytes;
  };
  try {
    const tail = await read(Math.max(0, size - endBytes - maxComment), Math.min(size, endBytes + maxComment));
    let end = tail.length - endBytes;
    while (end >= 0 && tail.readUInt32LE(end) !== endSignature) end--;
    if (end < 0) malformedData(`'${path}' is not a zip archive.`);
    const count = tail.readUInt16LE(end + 10);
    const directory = await read(tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
    const entries: ZipEntry[] = [];
    for (let i = 0, at = 0; i < count; i++) {
      if (at + 46 > directory.length || directory.readUInt32LE(at) !== centralSignature)
        malformedData(`The directory of the zip archive '${path}' is damaged.`);
      const method = directory.readUInt16LE(at + 10);
      const bytes = directory.readUInt32LE(at + 20);
      const nameLength = directory.readUInt16LE(at + 28);
      const name = directory.toString('utf8', at + 46, at + 46 + nameLength);
      const local = directory.readUInt32LE(at + 42);
      if ((method !== 0 && method !== 8) || bytes === 0xffffffff || local === 0xffffffff)
        malformedData(
          `Entry '${name}' of '${path}' uses a zip feature (method ${method} or 64-bit sizes) that is not read.`,
        );
      at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
      const header = await read(local, 30);
      if (header.readUInt32LE(0) !== localSignature)
        malformedData(`Entry '${name}' of '${path}' is damaged.`);
      const start = local + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
      if (bytes === 0 || start + bytes > size)
        malformedData(`Entry '${name}' of '${path}' is empty or cut off.`);
      if (name.endsWith('.npy'))
        entries.push({ name: name.slice(0, -4), deflated: method === 8, start, bytes });
    }
    return entries;
  } finally {
    await file.close();
  }
}
