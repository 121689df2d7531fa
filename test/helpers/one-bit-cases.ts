// Nodes of the one-bit operators with random bits, for tests.
import { attr } from '../../lib/graph/attribute.js';
import { f32, type TensorValue, tensor } from '../../lib/tensor/tensor.js';
import type { NativeCase } from './native-like-reference.js';
import { randomFloats } from './random-floats.js';

/** Random bytes; bits beyond `channels` (of axis 1) are clear where `clean`. */
export function randomBits(
  dims: readonly number[],
  channels: number,
  seed: number,
  clean = true,
): TensorValue {
  const size = dims.reduce((a, b) => a * b, 1);
  const area = dims.slice(2).reduce((a, b) => a * b, 1);
  const data = Uint8Array.from(randomFloats(size, seed, 128), (v) => Math.floor(v + 128) & 255);
  const mask = channels % 8 === 0 ? 255 : (1 << (channels % 8)) - 1;
  for (let i = 0; clean && i < size; i++) if (Math.floor(i / area) % dims[1] === dims[1] - 1) data[i] &= mask;
  return tensor('uint8', dims, data);
}

export type Output = '' | 'Bits' | 'Quantized';

/** Inputs behind x and w. */
function tail(output: Output, filters: number, reach: number, leaky: boolean, seed: number): TensorValue[] {
  if (output === 'Bits')
    return [tensor('int32', [filters], Int32Array.from(randomFloats(filters, seed, reach), Math.round))];
  const values = [
    f32([filters], randomFloats(filters, seed + 1, 2)),
    f32([filters], randomFloats(filters, seed + 2, 20)),
    leaky ? f32([filters], randomFloats(filters, seed + 3, 1)) : f32([1], [1]),
    leaky ? f32([1], [-1.25]) : f32([1], [0]),
  ];
  return output === '' ? values : [...values, tensor('int8', [], Int8Array.of(-7))];
}

export interface ConvCase {
  readonly channels: number;
  readonly filters: number;
  readonly output: Output;
  readonly size?: readonly [number, number];
  readonly kernel?: readonly [number, number];
  readonly strides?: readonly [number, number];
  readonly dilations?: readonly [number, number];
  readonly pads?: readonly [number, number, number, number];
  readonly padValue?: number;
  readonly leaky?: boolean;
}

export function oneBitConv(c: ConvCase): NativeCase {
  const { channels, filters, output } = c;
  const kernel = c.kernel ?? [3, 3];
  const bytes = Math.ceil(channels / 8);
  const seed = channels * 7 + filters;
  const reach = Math.sqrt(channels * kernel[0] * kernel[1]);
  return {
    op: `BinaryConv${output}`,
    domain: 'ai.kompakt',
    attributes: {
      channels: attr.int(channels),
      strides: attr.ints(c.strides ?? [1, 1]),
      dilations: attr.ints(c.dilations ?? [1, 1]),
      pads: attr.ints(c.pads ?? [1, 1, 1, 1]),
      pad_value: attr.int(c.padValue ?? 0),
    },
    inputs: [
      randomBits([2, bytes, ...(c.size ?? [5, 6])], channels, seed, false),
      randomBits([filters, bytes, ...kernel], channels, seed + 1, false),
      ...tail(output, filters, reach, c.leaky ?? false, seed + 2),
    ],
  };
}

export function oneBitGemm(
  rows: number,
  channels: number,
  filters: number,
  output: Output,
  leaky = false,
): NativeCase {
  const bytes = Math.ceil(channels / 8);
  const seed = channels * 5 + filters + rows;
  return {
    op: `BinaryGemm${output}`,
    domain: 'ai.kompakt',
    attributes: { channels: attr.int(channels) },
    inputs: [
      randomBits([rows, bytes], channels, seed, false),
      randomBits([filters, bytes], channels, seed + 1, false),
      ...tail(output, filters, Math.sqrt(channels), leaky, seed + 2),
    ],
  };
}
