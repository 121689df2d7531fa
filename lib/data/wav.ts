// A folder of WAV files as float32 samples in -1..1, channels mixed to one.
// Format: RIFF/WAVE with PCM of 8, 16, 24 or 32 bits, or IEEE float of 32 or 64 bits.
import { readFile } from 'node:fs/promises';
import { f32, type TensorValue } from '../tensor/tensor.js';
import { type Dataset, dataset, malformedData } from './dataset.js';
import { wantedOf } from './draw.js';
import { labelledFiles } from './folder.js';

export const soundExtensions = ['.wav'];

export const wav = (folder: string): Dataset =>
  dataset(async function* (most) {
    const files = await labelledFiles(folder, soundExtensions);
    const wanted = wantedOf(files.length, most);
    for (const { path, label } of files.filter((_, i) => wanted.has(i)))
      yield { name: path, label, layout: 'sound', arrays: { '': decodeWav(await readFile(path), path) } };
  });

interface Format {
  readonly kind: number;
  readonly channels: number;
  readonly bits: number;
}

const pcm = 1;
const ieeeFloat = 3;
const extensible = 0xfffe;

/** Samples of one file, [n]. Throws KPT_DATA_MALFORMED naming `where`. */
export function decodeWav(bytes: Uint8Array, where: string): TensorValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE')
    malformedData(`'${where}' is not a WAV file.`);
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const start = at + 8;
    const size = view.getUint32(at + 4, true);
    if (tag(at) === 'fmt ') format = readFormat(view, start, size, where);
    if (tag(at) === 'data') {
      if (format === undefined) malformedData(`The WAV file '${where}' has data before its format.`);
      // Recorders that were cut off leave a size that is too large: what is there is used.
      const sound = mix(view, start, Math.min(size, bytes.length - start), format);
      // Silence would be added to it, and nothing would be learnt from that.
      if (sound.data.length === 0) malformedData(`The WAV file '${where}' has no samples.`);
      return sound;
    }
    at = start + size + (size & 1);
  }
  return malformedData(`The WAV file '${where}' has no data.`);
}

function readFormat(view: DataView, at: number, size: number, where: string): Format {
  if (size < 16 || at + size > view.byteLength)
    malformedData(`The format of the WAV file '${where}' is cut off.`);
  const coded = view.getUint16(at, true);
  const kind = coded === extensible && size >= 26 ? view.getUint16(at + 24, true) : coded;
  const channels = view.getUint16(at + 2, true);
  const bits = view.getUint16(at + 14, true);
  const allowed = kind === pcm ? [8, 16, 24, 32] : kind === ieeeFloat ? [32, 64] : [];
  if (channels === 0 || !allowed.includes(bits))
    malformedData(
      `Expected PCM or float samples in '${where}' but received format ${coded} with ${bits} bits.`,
    );
  return { kind, channels, bits };
}

function mix(view: DataView, start: number, bytes: number, { kind, channels, bits }: Format): TensorValue {
  const width = bits / 8;
  const sample = reader(view, kind, bits);
  const length = Math.floor(bytes / (width * channels));
  const out = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += sample(start + (i * channels + c) * width);
    out[i] = sum / channels;
  }
  return f32([length], out);
}

function reader(view: DataView, kind: number, bits: number): (at: number) => number {
  if (kind === ieeeFloat)
    return bits === 32 ? (at) => view.getFloat32(at, true) : (at) => view.getFloat64(at, true);
  if (bits === 8) return (at) => (view.getUint8(at) - 128) / 128;
  if (bits === 16) return (at) => view.getInt16(at, true) / 32768;
  if (bits === 24) return (at) => (view.getInt8(at + 2) * 65536 + view.getUint16(at, true)) / 8388608;
  return (at) => view.getInt32(at, true) / 2147483648;
}
