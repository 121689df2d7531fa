// Options of post-training quantisation.
import { z } from 'zod';
import { calibrators } from '../../calibrate/index.js';

const calibratorNames = calibrators.map((c) => c.name);

const bits = z.int().min(2).max(8);

/** To be part of a strict object. */
export const quantizeShape = {
  /** How ranges of activations are chosen (lib/calibrate). */
  calibrator: z
    .string()
    .refine((name) => calibratorNames.includes(name), {
      message: `expected one of ${calibratorNames.join(', ')}`,
    })
    .default('mse'),
  /** Most samples taken from the calibration data. */
  samples: z.int().min(1).default(300),
  activationType: z.enum(['uint8', 'int8']).default('uint8'),
  /** Zero point in the middle: ranges of activations are made symmetric. */
  symmetric: z.boolean().default(false),
  /** One weight scale per output channel instead of one per tensor. */
  perChannel: z.boolean().default(true),
  /** Bits of weights; below 8 the range of the 8-bit storage is narrowed. */
  weightBits: bits.default(8),
  /** Bits of what convolutions and matrix products read; below 8 a Clip narrows the range in 8-bit storage. */
  activationBits: bits.default(8),
  /** Bits of the weights and inputs of the first and last layers at least; null: as for the others. */
  firstLastBits: bits.nullable().default(8),
  /** How weights are rounded. gptq: so that the outputs of a layer change least (gptq.ts); auto: that where they have fewer than
   *  8 bits, else to the nearest. */
  rounding: z.enum(['auto', 'nearest', 'gptq']).default('auto'),
  /** Weights of 4 bits and fewer are stored two to a byte (int4, ONNX opset 21), else one to a byte. */
  int4: z.boolean().default(true),
  /** Correct biases by the shift that rounding the weights makes (bias-correction.ts). */
  biasCorrection: z.boolean().default(true),
  /** Even out channels between convolutions and depthwise convolutions (equalize.ts). */
  equalize: z.boolean().default(true),
  /** Signal over noise, dB, that quantised activations shall leave at the end of the model; the values that hurt most
   *  stay in float until it holds (sensitivity.ts). null: all are quantised. */
  keepSqnr: z.number().min(0).max(100).nullable().default(null),
  /** Nodes that stay in float. */
  exclude: z
    .strictObject({
      names: z.array(z.string()).default([]),
      types: z.array(z.string()).default([]),
      /** Regular expressions over node names. */
      patterns: z.array(z.string().refine(isRegExp, { message: 'not a regular expression' })).default([]),
    })
    .prefault({}),
};

export const quantizeOptions = z.strictObject(quantizeShape).prefault({});

export type QuantizeOptions = z.input<typeof quantizeOptions>;
export type CompleteQuantizeOptions = z.output<typeof quantizeOptions>;

function isRegExp(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
