// Whether requests may be computed together. A free first dimension does not say that rows are independent: a scale taken over the
// whole input, a Softmax along the first axis or a Reshape makes the answer to one of them depend on the others. Which operators
// do that on which axis would be a rule for each of them; what is certain of a graph without rules is asked of the session, and
// for the rest rows are tried, alone and together. What nobody knows is not joined.
import { Tensor } from 'onnxruntime-common';
import type { Shapes } from '../bench/feeds.js';
import { KompaktError } from '../errors.js';
import { uniformNumbers } from '../ops/shared/random-numbers.js';
import { type DType, dtypes, isFloat } from '../tensor/dtype.js';
import { own } from '../tensor/own.js';
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers } from '../tensor/tensor.js';
import { joinFeeds, splitOutputs } from './micro-batch.js';
import type { Runnable } from './runnable.js';

/** Sizes of the rows that are tried: a scale, a sum or a largest value of all of them is that of none. */
const scales = [1, 1000, 0.001, 1];

/** Why an answer may depend on what it is computed together with; null when nothing shows. `shapes` of a request. */
export async function whyRowsMix(session: Runnable, shapes: Shapes): Promise<string | null> {
  for (const part of session.parts ?? [session]) {
    const why = part.parts === undefined ? await whyOf(part, shapes) : await whyRowsMix(part, shapes);
    if (why !== null) return why;
  }
  return null;
}

async function whyOf(session: Runnable, shapes: Shapes): Promise<string | null> {
  if (session.acrossRows === undefined) return 'the session does not tell (acrossRows)';
  try {
    return session.acrossRows(shapes) ?? (await tryRows(session, shapes));
  } catch (error) {
    return `its rows cannot be tried: ${(error as Error).message}`;
  }
}

async function tryRows(session: Runnable, shapes: Shapes): Promise<string | null> {
  const random = uniformNumbers(1);
  const rows = scales.map((scale, i) =>
    Object.fromEntries(
      session.inputMetadata.map(({ name, ...value }) => {
        const dtype = (value.isTensor ? value.type : 'string') as DType;
        return [name, rowOf(dtype, own(shapes, name) ?? [], scale, i, random)];
      }),
    ),
  );
  const alone: Awaited<ReturnType<Runnable['run']>>[] = [];
  for (const row of rows) alone.push(await session.run(row));
  const together = splitOutputs(
    await session.run(joinFeeds(rows)),
    rows.map(() => 1),
  );
  const same = together?.every((outputs, i) =>
    Object.entries(outputs).every(([name, tensor]) => sameBits(tensor as Tensor, alone[i]![name] as Tensor)),
  );
  return same ? null : 'random rows were answered otherwise together than each alone';
}

/** One row. Integers that may be indices are 0 and 1, no two neighbours alike in any place. */
function rowOf(
  dtype: DType,
  shape: readonly number[],
  scale: number,
  index: number,
  random: () => number,
): Tensor {
  const dims = [1, ...shape.slice(1)];
  if (dtype === 'string') throw new KompaktError('KPT_TYPE_MISMATCH', 'there are no random texts');
  const { min, max, bits } = dtypes[dtype];
  const values = Float64Array.from({ length: sizeOf(dims) }, (_, i) => {
    if (isFloat(dtype)) return scale * (2 * random() - 1);
    if (bits === 8 && dtype !== 'bool') return Math.floor(min + random() * (max - min + 1));
    return (i + (i >> 1) + index) % 2;
  });
  const { data } = fromNumbers(dtype, dims, values);
  return new Tensor(dtype === 'bfloat16' ? 'uint16' : (dtype as 'float32'), data as Float32Array, dims);
}

function sameBits(one: Tensor, other: Tensor): boolean {
  if (String(one.dims) !== String(other.dims)) return false;
  if (!ArrayBuffer.isView(one.data) || !ArrayBuffer.isView(other.data))
    return JSON.stringify(one.data) === JSON.stringify(other.data);
  const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
    new Uint8Array(buffer, byteOffset, byteLength);
  return Buffer.compare(bytes(one.data), bytes(other.data)) === 0;
}
