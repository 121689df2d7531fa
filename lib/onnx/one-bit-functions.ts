// Bodies of the one-bit operators in standard ONNX: any runtime computes with them what kompakt runs natively, and the
// same integers. Bits become bytes 0 and 2 around a zero point of 1, so integer convolutions and products are exact, and
// padding with 1 counts for nothing.
import { attr } from '../graph/attribute.js';
import type { Attribute } from '../graph/graph.js';
import { dtypes } from '../tensor/dtype.js';
import { f32, i64, type TensorValue, tensor } from '../tensor/tensor.js';
import type { FunctionNode, LocalFunction } from './local-function.js';

const float = { to: attr.int(dtypes.float32.onnx) };
const uint8 = { to: attr.int(dtypes.uint8.onnx) };
const bool = { to: attr.int(dtypes.bool.onnx) };
const byte = (value: number): TensorValue => tensor('uint8', [], Uint8Array.of(value));

type Refs = FunctionNode['refs'];

/** Writes the nodes of one body. */
class Body {
  readonly nodes: FunctionNode[] = [];

  /** Adds a node with one output and returns its name. */
  op(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    refs: Refs = {},
    output = `v${this.nodes.length}`,
  ): string {
    const name = `${op}_${this.nodes.length}`;
    this.nodes.push({ name, op, domain: '', inputs, outputs: [output], attributes, refs });
    return output;
  }

  constant(value: TensorValue): string {
    return this.op('Constant', [], { value: { type: 'tensor', value } });
  }

  /** The int attribute of the call as a tensor of one element. */
  attribute(name: string): string {
    const scalar = this.op('Constant', [], {}, { value_int: { attribute: name, type: 'int' } });
    return this.op('Reshape', [scalar, this.constant(i64([1]))]);
  }

  /** Dimensions [from, to) of a value. */
  dims(value: string, from: number, to?: number): string {
    const start = { start: attr.int(from) };
    return this.op('Shape', [value], to === undefined ? start : { ...start, end: attr.int(to) });
  }

  /** Bytes [N,C/8,spatial...] of rank 2 or 4 -> bytes 0 and 1, [N,C,spatial...] with C a multiple of 8. */
  unpack(bits: string, rank: 2 | 4): string {
    const wide = this.op('Unsqueeze', [bits, this.constant(i64([2]))]);
    const shifts = tensor('uint8', rank === 2 ? [8] : [8, 1, 1], Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7));
    const shifted = this.op('BitShift', [wide, this.constant(shifts)], { direction: attr.string('RIGHT') });
    const single = this.op('BitwiseAnd', [shifted, this.constant(byte(1))]);
    const target = [this.dims(bits, 0, 1), this.constant(i64([-1])), this.dims(bits, 2)];
    return this.op('Reshape', [single, this.op('Concat', target, { axis: attr.int(0) })]);
  }

  /** The same as bytes 0 and 2, without the bits beyond the attribute `channels`. */
  signs(bits: string, rank: 2 | 4, channels: string): string {
    const starts = this.constant(i64([0]));
    const all = this.op('Slice', [this.unpack(bits, rank), starts, channels, this.constant(i64([1]))]);
    return this.op('BitShift', [all, this.constant(byte(1))], { direction: attr.string('LEFT') });
  }

  /** Values [C] or [1] to broadcast over [N,C,spatial...]. */
  perChannel(values: string, rank: 2 | 4): string {
    return this.op('Reshape', [values, this.constant(i64(rank === 2 ? [-1] : [-1, 1, 1]))]);
  }

  /** Booleans shaped like `shape` [N,C,spatial...], given so or as [N,C,T] -> the output y: bytes [N,C/8,spatial...]. */
  pack(set: string, shape: string): void {
    const floats = this.op('Cast', [set], float);
    const planes = this.op('Reshape', [floats, this.constant(i64([0, 0, -1]))]);
    const missing = this.op('Mod', [this.op('Neg', [this.dims(shape, 1, 2)]), this.constant(i64([8]))]);
    const pads = this.op('Concat', [this.constant(i64([0])), missing], { axis: attr.int(0) });
    const zero = this.constant(f32([], [0]));
    const whole = this.op('Pad', [planes, pads, zero, this.constant(i64([1]))]);
    const turn = { perm: attr.ints([0, 2, 1]) };
    const last = this.op('Transpose', [whole], turn);
    const eights = this.op('Reshape', [last, this.constant(i64([0, 0, -1, 8]))]);
    const powers = this.constant(f32([8, 1], [1, 2, 4, 8, 16, 32, 64, 128]));
    const bytes = this.op('Squeeze', [this.op('MatMul', [eights, powers]), this.constant(i64([3]))]);
    const first = this.op('Transpose', [bytes], turn);
    const target = [this.dims(shape, 0, 1), this.constant(i64([-1])), this.dims(shape, 2)];
    const shaped = this.op('Reshape', [first, this.op('Concat', target, { axis: attr.int(0) })]);
    this.op('Cast', [shaped], uint8, {}, 'y');
  }

  /** The integer sums of x and w, [N,O,OH,OW]. */
  convolve(): string {
    const channels = this.attribute('channels');
    const x = this.signs('x', 4, channels);
    const one = this.constant(i64([1]));
    const fill = this.op('Cast', [this.op('Add', [this.attribute('pad_value'), one])], uint8);
    const pads = this.op('Constant', [], {}, { value_ints: { attribute: 'pads', type: 'ints' } });
    const scalar = this.op('Squeeze', [fill]);
    const padded = this.op('Pad', [x, pads, scalar, this.constant(i64([2, 3]))]);
    const refs: Refs = {
      dilations: { attribute: 'dilations', type: 'ints' },
      strides: { attribute: 'strides', type: 'ints' },
    };
    const zero = this.constant(byte(1));
    return this.op('ConvInteger', [padded, this.signs('w', 4, channels), zero, zero], {}, refs);
  }

  /** The integer sums of x and w, [M,N]. */
  multiply(): string {
    const channels = this.attribute('channels');
    const columns = this.op('Transpose', [this.signs('w', 2, channels)], { perm: attr.ints([1, 0]) });
    const zero = this.constant(byte(1));
    return this.op('MatMulInteger', [this.signs('x', 2, channels), columns, zero, zero]);
  }

  /** float32 of the sums; the last operation writes `output`. */
  affine(sums: string, rank: 2 | 4, output?: string): string {
    const [scale, bias, slope, shift] = ['scale', 'bias', 'slope', 'shift'].map((v) =>
      this.perChannel(v, rank),
    );
    const scaled = this.op('Mul', [this.op('Cast', [sums], float), scale]);
    const leaky = this.op('PRelu', [this.op('Add', [scaled, bias]), slope]);
    return this.op('Add', [leaky, shift], {}, {}, output);
  }
}

const affineInputs = ['scale', 'bias', 'slope', 'shift'];

/** How sums become the output y, and the inputs that it takes. */
const outputs = {
  '': {
    inputs: affineInputs,
    write: (body: Body, sums: string, rank: 2 | 4) => body.affine(sums, rank, 'y'),
  },
  Bits: {
    inputs: ['threshold'],
    write: (body: Body, sums: string, rank: 2 | 4) =>
      body.pack(body.op('GreaterOrEqual', [sums, body.perChannel('threshold', rank)]), sums),
  },
  Quantized: {
    inputs: [...affineInputs, 'y_zero'],
    write: (body: Body, sums: string, rank: 2 | 4) => {
      const steps = [body.affine(sums, rank), body.constant(f32([], [1])), 'y_zero'];
      body.op('QuantizeLinear', steps, {}, {}, 'y');
    },
  },
} as const;

type Write = (
  name: string,
  inputs: readonly string[],
  attributes: readonly string[],
  body: Body,
) => LocalFunction;

function products(write: Write): LocalFunction[] {
  return Object.entries(outputs).flatMap(([suffix, { inputs, write: writeOutput }]) => {
    const [conv, gemm] = [new Body(), new Body()];
    writeOutput(conv, conv.convolve(), 4);
    writeOutput(gemm, gemm.multiply(), 2);
    const convAttributes = ['channels', 'dilations', 'pad_value', 'pads', 'strides'];
    return [
      write(`BinaryConv${suffix}`, ['x', 'w', ...inputs], convAttributes, conv),
      write(`BinaryGemm${suffix}`, ['x', 'w', ...inputs], ['channels'], gemm),
    ];
  });
}

function packBitsBody(): Body {
  const body = new Body();
  const floats = body.op('Cast', ['x'], float);
  const planes = body.op('Reshape', [floats, body.constant(i64([0, 0, -1]))]);
  const column = body.constant(i64([1]));
  const above = body.op('GreaterOrEqual', [planes, body.op('Unsqueeze', ['threshold', column])]);
  const direction = body.op('Cast', [body.op('Unsqueeze', ['direction', column])], float);
  const turned = body.op('Less', [direction, body.constant(f32([], [0]))]);
  body.pack(body.op('Xor', [above, turned]), 'x');
  return body;
}

function maxPoolBody(): Body {
  const body = new Body();
  const refs = Object.fromEntries(
    ['dilations', 'kernel_shape', 'pads', 'strides'].map((name) => [
      name,
      { attribute: name, type: 'ints' as const },
    ]),
  );
  const ceil = { attribute: 'ceil_mode', type: 'int' } as const;
  const pooled = body.op('MaxPool', [body.unpack('x', 4)], {}, { ...refs, ceil_mode: ceil });
  body.pack(body.op('Cast', [pooled], bool), pooled);
  return body;
}

/** The bodies for a model of this opset (18 or newer) of ai.onnx. */
export function oneBitFunctions(opset: number): readonly LocalFunction[] {
  const write: Write = (name, inputs, attributes, body) => ({
    name,
    domain: 'ai.kompakt',
    opsets: { '': opset },
    inputs,
    outputs: ['y'],
    attributes,
    defaults: {},
    nodes: body.nodes,
  });
  return [
    ...products(write),
    write(
      'BinaryMaxPool',
      ['x'],
      ['ceil_mode', 'dilations', 'kernel_shape', 'pads', 'strides'],
      maxPoolBody(),
    ),
    write('PackBits', ['x', 'threshold', 'direction'], [], packBitsBody()),
  ];
}
