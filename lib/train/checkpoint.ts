// Checkpoints: all that a run needs to continue, in one safetensors file (8 bytes of header length, a JSON header, the data),
// written beside the old one and renamed, so that there is always a whole one. A digest over all of it tells damage from a run.
// Format: https://github.com/huggingface/safetensors (README, "Format").
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { expected, KompaktError, systemReason } from '../errors.js';
import { writeFileAtomically } from '../onnx/write-file.js';
import { type DType, dtypes } from '../tensor/dtype.js';
import { bytesOf, type TensorValue, tensor } from '../tensor/tensor.js';

export interface Checkpoint {
  readonly tensors: ReadonlyMap<string, TensorValue>;
  /** Where the run stands; JSON. */
  readonly progress: object;
  /** What the run was asked to do, by option; only a run with the same may continue. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Types of tensors here and in the file. */
const fileTypes: Partial<Record<DType, string>> = {
  float32: 'F32',
  float64: 'F64',
  int64: 'I64',
  int32: 'I32',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
};

export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const header: Record<string, unknown> = {
    __metadata__: {
      format: 'kompakt',
      digest: noDigest,
      progress: JSON.stringify(checkpoint.progress),
      settings: JSON.stringify(checkpoint.settings),
    },
  };
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const [name, value] of checkpoint.tensors) {
    const dtype = fileTypes[value.dtype];
    if (dtype === undefined)
      throw new KompaktError('KPT_INTERNAL', `A ${value.dtype} tensor cannot be part of a checkpoint.`);
    const bytes = bytesOf(value);
    header[name] = { dtype, shape: value.dims, data_offsets: [end, end + bytes.length] };
    parts.push(bytes);
    end += bytes.length;
  }
  const text = Buffer.from(JSON.stringify(header));
  // Spaces bring the data to a multiple of 8 bytes, so that it can be read where it lies.
  const length = Math.ceil(text.length / alignment) * alignment;
  const head = Buffer.alloc(headBytes + length, ' ');
  head.writeBigUInt64LE(BigInt(length));
  text.copy(head, headBytes);
  const bytes = Buffer.concat([head, ...parts]);
  bytes.write(digestOf(bytes), digestAt(bytes, noDigest));
  await writeFileAtomically(path, bytes);
}

/** The checkpoint of a file; undefined when there is none. Throws KPT_DATA_MALFORMED when it is not one. */
export async function loadCheckpoint(path: string): Promise<Checkpoint | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new KompaktError(
      'KPT_FILE_NOT_FOUND',
      `The checkpoint '${path}' cannot be read${systemReason(error)}.`,
      { path },
      error,
    );
  }
  try {
    return parse(bytes);
  } catch (error) {
    throw new KompaktError(
      'KPT_DATA_MALFORMED',
      `'${path}' is damaged, or no checkpoint of this version of kompakt.`,
      { path },
      error,
    );
  }
}

/** Throws KPT_OPTION_INVALID naming each setting in which a run differs from the one that wrote a checkpoint. */
export function requireSameSettings(
  file: 'checkpoint' | 'journal',
  path: string,
  was: Readonly<Record<string, unknown>>,
  is: Readonly<Record<string, unknown>>,
): void {
  const text = (value: unknown): string => JSON.stringify(value) ?? 'absent';
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  const changed = names.filter((name) => text(was[name]) !== text(is[name]));
  if (changed.length === 0) return;
  const list = changed.map((name) => `${name} (was ${text(was[name])}, is ${text(is[name])})`).join(', ');
  throw new KompaktError(
    'KPT_OPTION_INVALID',
    `The ${file} '${path}' belongs to a run with other options: ${list}; give another file, or remove it.`,
    { path, changed },
  );
}

const headBytes = 8;
const alignment = 8;

/** SHA-256 of the file in which these stand for the digest itself. */
const noDigest = '0'.repeat(64);

const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const digestAt = (bytes: Buffer, digest: string): number => {
  const key = '"digest":"';
  return bytes.indexOf(`${key}${digest}"`) + key.length;
};

const whole = z.int().min(0);
const fileTensor = z.object({
  dtype: z.string(),
  shape: z.array(whole),
  data_offsets: z.tuple([whole, whole]),
});
const headerOptions = z
  .object({
    __metadata__: z.object({
      format: z.literal('kompakt'),
      digest: z.string().regex(/^[0-9a-f]{64}$/),
      progress: z.string(),
      settings: z.string(),
    }),
  })
  .catchall(fileTensor);

function parse(bytes: Buffer): Checkpoint {
  const start = headBytes + Number(bytes.readBigUInt64LE(0));
  const { __metadata__: metadata, ...entries } = headerOptions.parse(
    JSON.parse(bytes.subarray(headBytes, start).toString('utf8')),
  );
  const tensors = new Map<string, TensorValue>();
  for (const [name, { dtype: type, shape, data_offsets }] of Object.entries(entries)) {
    const dtype = (Object.keys(fileTypes) as DType[]).find((key) => fileTypes[key] === type);
    const [from, to] = data_offsets;
    const data = bytes.subarray(start + from, start + to);
    if (dtype === undefined || data.length !== to - from)
      throw new Error(expected('data', name, data.length));
    // A copy of its own: the elements must lie at multiples of their size.
    const own = new Uint8Array(data).buffer;
    tensors.set(name, tensor(dtype, shape, new dtypes[dtype].array!(own)));
  }
  const { digest, progress, settings } = metadata;
  bytes.write(noDigest, digestAt(bytes, digest));
  if (digestOf(bytes) !== digest) throw new Error('The digest is of other bytes.');
  return { tensors, progress: object(progress), settings: object(settings) };
}

function object(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new Error(expected('an object', 'the header', text));
  return value as Record<string, unknown>;
}
