// Encodes a plan's tensors and steps into the bytes that native/engine/program.cc decodes (layout described there).
import { KompaktError } from '../errors.js';
import type { DType } from '../tensor/dtype.js';
import type { Dims } from '../tensor/shape.js';

export interface ProgramTensor {
  readonly dtype: DType;
  readonly dims: Dims;
  /** Index of a session constant, or null for arena memory at `offset`. */
  readonly constant: number | null;
  readonly offset: number;
}

export interface ProgramStep {
  readonly kind: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly params: Readonly<Record<string, number | string | readonly number[]>>;
}

const magic = 0x5054504b;
const version = 1;

// Codes of DType in native/ops/step.h. 8-bit activations are unsigned bytes; int8 is s8 only in constants.
const arenaCode: Partial<Record<DType, number>> = {
  float32: 0,
  uint8: 1,
  int8: 1,
  bool: 1,
  int4: 1,
  uint4: 1,
  int32: 3,
  uint32: 3,
  int64: 4,
  uint64: 4,
  float64: 5,
  uint16: 6,
  int16: 6,
  float16: 6,
  bfloat16: 6,
};

/** Most axes of a tensor of a program (native/ops/step.h). */
export const maxRank = 8;

/** True when values of the type can live in the arena (strings cannot). */
export const fitsArena = (dtype: DType): boolean => arenaCode[dtype] !== undefined;

class Writer {
  private bytes = new Uint8Array(4096);
  private view = new DataView(this.bytes.buffer);
  private at = 0;
  /** Kinds and names of parameters come again and again. */
  private readonly texts = new Map<string, Uint8Array>();

  private room(count: number): number {
    const start = this.at;
    this.at += count;
    if (this.at > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.at, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    return start;
  }
  u8(v: number): void {
    const at = this.room(1);
    this.view.setUint8(at, v);
  }
  u16(v: number): void {
    const at = this.room(2);
    this.view.setUint16(at, v, true);
  }
  u32(v: number): void {
    const at = this.room(4);
    this.view.setUint32(at, v, true);
  }
  i32(v: number): void {
    const at = this.room(4);
    this.view.setInt32(at, v, true);
  }
  f64(v: number): void {
    const at = this.room(8);
    this.view.setFloat64(at, v, true);
  }
  text(v: string): void {
    let bytes = this.texts.get(v);
    if (bytes === undefined) {
      bytes = new TextEncoder().encode(v);
      this.texts.set(v, bytes);
    }
    const at = this.room(2 + bytes.length);
    this.view.setUint16(at, bytes.length, true);
    this.bytes.set(bytes, at + 2);
  }
  ids(v: readonly number[]): void {
    const at = this.room(2 + 4 * v.length);
    this.view.setUint16(at, v.length, true);
    for (let i = 0; i < v.length; i++) this.view.setInt32(at + 2 + 4 * i, v[i]!, true);
  }
  /** One parameter that is no text. */
  numbers(v: readonly number[]): void {
    const at = this.room(5 + 8 * v.length);
    this.view.setUint8(at, 0);
    this.view.setUint32(at + 1, v.length, true);
    for (let i = 0; i < v.length; i++) this.view.setFloat64(at + 5 + 8 * i, v[i]!, true);
  }
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }
}

function writeTensor(out: Writer, t: ProgramTensor): void {
  const code = t.constant !== null && t.dtype === 'int8' ? 2 : arenaCode[t.dtype];
  if (code === undefined)
    throw new KompaktError('KPT_INTERNAL', `A ${t.dtype} tensor cannot be in a program.`);
  out.u8(code);
  out.u8(t.constant === null ? 0 : 1);
  out.u8(t.dims.length);
  out.i32(t.constant ?? 0);
  out.f64(t.offset);
  for (const d of t.dims) out.f64(d);
}

function writeStep(out: Writer, step: ProgramStep): void {
  out.text(step.kind);
  out.ids(step.inputs);
  out.ids(step.outputs);
  const entries = Object.entries(step.params);
  out.u16(entries.length);
  for (const [name, value] of entries) {
    out.text(name);
    if (typeof value === 'string') {
      out.u8(1);
      out.text(value);
      continue;
    }
    out.numbers(typeof value === 'number' ? [value] : value);
  }
}

export function encodeProgram(
  arenaBytes: number,
  tensors: readonly ProgramTensor[],
  steps: readonly ProgramStep[],
): Uint8Array {
  const out = new Writer();
  out.u32(magic);
  out.u32(version);
  out.f64(arenaBytes);
  out.u32(tensors.length);
  for (const t of tensors) writeTensor(out, t);
  out.u32(steps.length);
  for (const step of steps) writeStep(out, step);
  return out.finish();
}
