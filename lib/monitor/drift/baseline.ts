// A drift baseline: what the inputs and outputs of a model look like on samples that stand for its use. Plain data, kept as JSON.
import { readFile } from 'node:fs/promises';
import type { InferenceSession as Ort } from 'onnxruntime-common';
import { z } from 'zod';
import { KompaktError, systemReason } from '../../errors.js';
import { saveText } from '../../onnx/write-file.js';

const share = z.number().min(0).max(1);
const distribution = z
  .strictObject({ edges: z.array(z.number()).min(2).max(64), shares: z.array(share) })
  .refine(({ edges, shares }) => shares.length === edges.length + 1, 'one more share than edges')
  .refine(({ edges }) => edges.every((edge, i) => i === 0 || edge > edges[i - 1]!), 'edges ascend');

const value = z.strictObject({
  name: z.string(),
  /** Of the elements looked at. */
  mean: z.number(),
  deviation: z.number().min(0),
  min: z.number(),
  max: z.number(),
  /** All elements together, and the mean and deviation of each sample. */
  elements: distribution,
  means: distribution,
  deviations: distribution,
  /** Share of elements that are NaN or infinite. */
  notFinite: share,
  /** What QuantizeLinear at this input can tell apart, and the share of elements outside; null for other values. */
  range: z.strictObject({ low: z.number(), high: z.number(), outside: share }).nullable(),
  /** Top-1 shares and confidence of an output [rows, classes]; null for other values. */
  classes: z.strictObject({ shares: z.array(share).min(2), confidence: distribution }).nullable(),
});

const baseline = z.strictObject({
  format: z.literal('kompakt drift baseline'),
  version: z.literal(1),
  /** Samples that it was made from. */
  samples: z.int().min(1),
  /** Whether rows of a batch were taken as samples of their own. */
  rows: z.boolean(),
  inputs: z.array(value),
  outputs: z.array(value),
});

export type DriftBaseline = z.output<typeof baseline>;
export type ValueBaseline = z.output<typeof value>;

/** Throws KPT_BASELINE_INVALID unless it is a baseline. */
export function parseBaseline(data: unknown, where: string): DriftBaseline {
  const parsed = baseline.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new KompaktError('KPT_BASELINE_INVALID', `${[where, ...issue!.path].join('.')}: ${issue!.message}.`);
}

/** Throws KPT_FILE_NOT_FOUND or KPT_BASELINE_INVALID. */
export async function loadBaseline(path: string): Promise<DriftBaseline> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new KompaktError(
      'KPT_FILE_NOT_FOUND',
      `The file '${path}' cannot be read${systemReason(error)}.`,
      { path },
      error,
    );
  }
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new KompaktError('KPT_BASELINE_INVALID', `The file '${path}' is not JSON.`, { path }, error);
  }
  return parseBaseline(data, path);
}

/** Throws KPT_FILE_WRITE. */
export async function saveBaseline(path: string, made: DriftBaseline): Promise<void> {
  parseBaseline(made, 'the baseline');
  await saveText(path, `${JSON.stringify(made)}\n`);
}

interface Signature {
  readonly inputMetadata: readonly Ort.ValueMetadata[];
  readonly outputMetadata: readonly Ort.ValueMetadata[];
}

/** Throws KPT_BASELINE_INVALID when the baseline tells of a value that the model does not have. */
export function checkBaseline({ inputs, outputs }: DriftBaseline, model: Signature): void {
  for (const [kind, values, known] of [
    ['input', inputs, model.inputMetadata],
    ['output', outputs, model.outputMetadata],
  ] as const)
    for (const { name } of values)
      if (!known.some((info) => info.name === name))
        throw new KompaktError(
          'KPT_BASELINE_INVALID',
          `The baseline tells of an ${kind} '${name}'; the model has ${known.map((info) => `'${info.name}'`).join(', ')}.`,
        );
}
