// Requests joined along the first dimension and their results taken apart again, for models whose inputs and outputs all have a
// free first dimension.
import { type InferenceSession as Ort, Tensor } from 'onnxruntime-common';
import { storedAs } from '../tensor/tensor.js';

type Feeds = Ort.FeedsType;
type Outputs = Ort.ReturnType;

/** Rows of feeds, and a key that feeds share which can be joined. */
export interface Joinable {
  readonly rows: number;
  readonly key: string;
}

/** null for feeds that must run alone. */
export function joinableOf(feeds: Feeds): Joinable | null {
  const values = Object.entries(feeds as Record<string, Tensor | null>);
  const rows = values[0]?.[1]?.dims?.[0];
  const fits = values.every(
    ([, feed]) =>
      Array.isArray(feed?.dims) &&
      feed.dims[0] === rows &&
      isData(feed.data) &&
      feed.data.length === sizeOf(feed.dims),
  );
  if (!rows || !fits) return null;
  return {
    rows,
    key: batchKey(values.map(([name, feed]) => ({ name, type: feed!.type, dims: feed!.dims }))),
  };
}

interface Described {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
}

export const batchKey = (values: readonly Described[]): string =>
  values
    .map(({ name, type, dims }) => `${name}:${type}:${dims.slice(1).join(',')}`)
    .sort()
    .join(';');

/** Feeds of one key as one. */
export function joinFeeds(requests: readonly Feeds[]): Feeds {
  const [first] = requests as readonly [Feeds, ...Feeds[]];
  if (requests.length === 1) return first;
  return Object.fromEntries(
    Object.entries(first as Record<string, Tensor>).map(([name, { type, dims, data }]) => {
      const parts = requests.map((feeds) => feeds[name] as Tensor);
      const rows = parts.reduce((sum, part) => sum + part.dims[0]!, 0);
      const joined = joinData(
        storedAs(type, data as Data),
        parts.map((part) => storedAs(type, part.data as Data)),
        rows * rowSize(dims),
      );
      return [name, new Tensor(type, joined as never, [rows, ...dims.slice(1)])];
    }),
  );
}

/** The results of each request; null where an output does not have a row for each row of the inputs. */
export function splitOutputs(outputs: Outputs, rows: readonly number[]): readonly Outputs[] | null {
  const total = rows.reduce((sum, count) => sum + count, 0);
  const tensors = Object.entries(outputs as Record<string, Tensor>);
  if (tensors.some(([, tensor]) => tensor?.dims?.[0] !== total)) return null;
  let from = 0;
  return rows.map((count) => {
    const start = from;
    from += count;
    return Object.fromEntries(
      tensors.map(([name, { type, dims, data }]) => {
        const size = rowSize(dims);
        const part = (data as Data).slice(start * size, from * size);
        return [name, new Tensor(type, part as never, [count, ...dims.slice(1)])];
      }),
    );
  });
}

type Data = Float32Array | readonly string[];

const isData = (data: unknown): data is Data =>
  Array.isArray(data) || (ArrayBuffer.isView(data) && !(data instanceof DataView));

function joinData(like: Data, parts: readonly Data[], size: number): Data {
  if (Array.isArray(like)) return parts.flatMap((part) => [...(part as readonly string[])]);
  const joined = new (like.constructor as Float32ArrayConstructor)(size);
  let at = 0;
  for (const part of parts) {
    joined.set(part as Float32Array, at);
    at += part.length;
  }
  return joined;
}

const sizeOf = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
const rowSize = (dims: readonly number[]): number => sizeOf(dims.slice(1));
