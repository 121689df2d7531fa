// The inference requests and responses of the Open Inference Protocol (KServe v2), with its extension for binary data: JSON whose
// tensors lie in it as arrays, or behind it as raw bytes.
import { type InferenceSession as Ort, Tensor } from 'onnxruntime-common';
import { z } from 'zod';
import { expected, KompaktError } from '../errors.js';
import type { DType, TypedArray } from '../tensor/dtype.js';
import { fromBytes, fromJson, malformed, toBytes, toJson } from './protocol-data.js';

/** Names of element types in the protocol. */
const datatypes: readonly (readonly [name: string, dtype: DType])[] = [
  ['BOOL', 'bool'],
  ['UINT8', 'uint8'],
  ['UINT16', 'uint16'],
  ['UINT32', 'uint32'],
  ['UINT64', 'uint64'],
  ['INT8', 'int8'],
  ['INT16', 'int16'],
  ['INT32', 'int32'],
  ['INT64', 'int64'],
  ['FP16', 'float16'],
  ['BF16', 'bfloat16'],
  ['FP32', 'float32'],
  ['FP64', 'float64'],
  ['BYTES', 'string'],
];
const dtypeOf = new Map(datatypes);
const nameOf = new Map(datatypes.map(([name, dtype]) => [dtype, name]));

export const datatypeOf = (dtype: DType): string => nameOf.get(dtype) ?? dtype.toUpperCase();

/** The header that says how many bytes of a body are JSON; the rest is raw data. */
export const headerLengthName = 'inference-header-content-length';

const size = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const envelope = z.object({
  id: z.string().nullish(),
  inputs: z
    .array(
      z.object({
        name: z.string(),
        shape: z.array(size).max(32),
        datatype: z.string(),
        // Not an array of a schema: it would be called for each of a million elements, which fromJson looks at anyway.
        data: z.custom<readonly unknown[]>((value) => Array.isArray(value), 'expected an array').optional(),
        parameters: z.object({ binary_data_size: size.optional() }).nullish(),
      }),
    )
    .max(1000),
  outputs: z
    .array(
      z.object({
        name: z.string(),
        parameters: z.object({ binary_data: z.boolean().optional() }).nullish(),
      }),
    )
    .max(1000)
    .nullish(),
  parameters: z
    .object({
      binary_data_output: z.boolean().optional(),
      deadline_ms: z.number().positive().optional(),
      priority: z.number().optional(),
    })
    .nullish(),
});
type Envelope = z.output<typeof envelope>;
type InputEntry = Envelope['inputs'][number];

export interface InferRequest {
  readonly id: string | undefined;
  readonly feeds: Ort.FeedsType;
  /** Outputs to answer with, and whether as raw bytes. */
  readonly outputs: readonly { readonly name: string; readonly dtype: DType; readonly binary: boolean }[];
  readonly deadlineMs: number | undefined;
  readonly priority: number | undefined;
}

interface Signature {
  readonly inputMetadata: readonly Ort.ValueMetadata[];
  readonly outputMetadata: readonly Ort.ValueMetadata[];
}

/** Reads a request. `jsonBytes` as the header says; undefined when all is JSON. Throws KPT_REQUEST_MALFORMED, KPT_INPUT_UNKNOWN,
 *  KPT_INPUT_MISSING, KPT_TYPE_MISMATCH, KPT_SHAPE_MISMATCH. */
export function parseInfer(body: Uint8Array, jsonBytes: number | undefined, model: Signature): InferRequest {
  const json = body.subarray(0, jsonBytes);
  const parsed = parseEnvelope(json);
  let at = jsonBytes ?? body.length;
  const feeds = new Map<string, Tensor>();
  for (const entry of parsed.inputs) {
    const info = model.inputMetadata.find(({ name }) => name === entry.name);
    if (info === undefined) throw unknown('input', entry.name, model.inputMetadata);
    if (feeds.has(entry.name)) throw malformed(`Input "${entry.name}" is given twice.`);
    const bytes = entry.parameters?.binary_data_size;
    const raw = bytes === undefined ? undefined : body.subarray(at, at + bytes);
    if (raw !== undefined && raw.length !== bytes)
      throw malformed(`Input "${entry.name}" claims ${bytes} bytes of which ${raw.length} are there.`);
    at += bytes ?? 0;
    feeds.set(entry.name, readTensor(entry, info, raw, body.length));
  }
  if (at !== body.length) throw malformed(`${body.length - at} bytes at the end belong to no input.`);
  for (const { name } of model.inputMetadata)
    if (!feeds.has(name))
      throw new KompaktError('KPT_INPUT_MISSING', `Input "${name}" was not fed.`, { input: name });
  const binary = parsed.parameters?.binary_data_output ?? false;
  // No list and an empty one ask for all.
  const wanted: NonNullable<Envelope['outputs']> = parsed.outputs?.length
    ? parsed.outputs
    : model.outputMetadata.map(({ name }) => ({ name }));
  // Each is written as often as it is asked for: a short request shall not make an answer without bounds.
  const asked = new Set<string>();
  return {
    id: parsed.id ?? undefined,
    feeds: Object.fromEntries(feeds),
    outputs: wanted.map(({ name, parameters }) => {
      if (asked.has(name)) throw malformed(`Output "${name}" is asked for twice.`);
      asked.add(name);
      const info = model.outputMetadata.find((output) => output.name === name);
      if (info === undefined) throw unknown('output', name, model.outputMetadata);
      if (!info.isTensor) throw noTensor('Output', name);
      return { name, dtype: info.type as DType, binary: parameters?.binary_data ?? binary };
    }),
    deadlineMs: parsed.parameters?.deadline_ms,
    priority: parsed.parameters?.priority,
  };
}

export interface InferResponse {
  readonly body: Uint8Array;
  /** Bytes of JSON when raw data follows. */
  readonly jsonBytes: number | undefined;
}

export function writeInfer(model: string, request: InferRequest, outputs: Ort.ReturnType): InferResponse {
  const raw: Uint8Array[] = [];
  const entries = request.outputs.map(({ name, dtype, binary }) => {
    const { dims, data } = outputs[name] as Tensor;
    const head = `"name":${JSON.stringify(name)},"datatype":"${datatypeOf(dtype)}","shape":[${dims.join(',')}]`;
    if (!binary) return `{${head},"data":${toJson(dtype, dims, data as TypedArray)}}`;
    const bytes = toBytes(data as TypedArray);
    raw.push(bytes);
    return `{${head},"parameters":{"binary_data_size":${bytes.length}}}`;
  });
  const id = request.id === undefined ? '' : `"id":${JSON.stringify(request.id)},`;
  const json = Buffer.from(`{"model_name":${JSON.stringify(model)},${id}"outputs":[${entries.join(',')}]}`);
  return raw.length === 0
    ? { body: json, jsonBytes: undefined }
    : { body: Buffer.concat([json, ...raw]), jsonBytes: json.length };
}

function parseEnvelope(json: Uint8Array): Envelope {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (error) {
    throw malformed(`The body is not JSON: ${(error as Error).message}.`, error);
  }
  const parsed = envelope.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw malformed(`${['body', ...issue!.path].join('.')}: ${issue!.message}.`);
}

function readTensor(
  { name, shape, datatype, data }: InputEntry,
  info: Ort.ValueMetadata,
  raw: Uint8Array | undefined,
  bodyBytes: number,
): Tensor {
  const where = `input "${name}"`;
  if (!info.isTensor) throw noTensor('Input', name);
  const dtype = dtypeOf.get(datatype);
  if (dtype === undefined || dtype !== (info.type as DType))
    throw new KompaktError(
      'KPT_TYPE_MISMATCH',
      expected(`datatype ${datatypeOf(info.type as DType)}`, where, datatype),
    );
  const fits =
    info.shape.length === 0 ||
    (shape.length === info.shape.length &&
      info.shape.every((dim, i) => typeof dim !== 'number' || dim === shape[i]));
  if (!fits)
    throw new KompaktError('KPT_SHAPE_MISMATCH', expected(`shape [${info.shape.join(',')}]`, where, shape));
  if ((raw === undefined) === (data === undefined))
    throw malformed(`Input "${name}" needs either data or parameters.binary_data_size.`);
  const count = shape.reduce((a, b) => a * b, 1);
  // Nothing is allocated for elements that the body cannot hold; a bit of text is a byte and a comma.
  if (count > bodyBytes)
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      `The body is too short for shape [${shape.join(',')}] of ${where}.`,
    );
  const values =
    raw === undefined
      ? fromJson(dtype, data!, count, shape.length, where)
      : fromBytes(dtype, raw, count, where);
  return new Tensor(dtype === 'bfloat16' ? 'uint16' : dtype, values as never, shape);
}

const noTensor = (what: string, name: string): KompaktError =>
  new KompaktError(
    'KPT_TYPE_MISMATCH',
    `${what} "${name}" is no tensor; requests and responses carry tensors only.`,
  );

const unknown = (what: string, name: string, values: readonly Ort.ValueMetadata[]): KompaktError =>
  new KompaktError(
    'KPT_INPUT_UNKNOWN',
    expected(values.map((value) => `"${value.name}"`).join(', '), `the name of an ${what}`, name),
  );
