// UNIDIRECTIONAL_SEQUENCE_LSTM against the recurrence written out, and what of it is refused by name.
import { Model } from '../../../lib/model/model.js';
import { f32 } from '../../../lib/tensor/tensor.js';
import { floats, runTflite } from '../../helpers/run-tflite.js';
import {
  type FileTensor,
  int8,
  type Option,
  type TfliteFile,
  tfliteFile,
} from '../../helpers/tflite-file.js';

const [batch, time, width, hidden] = [2, 4, 3, 5];
const gates = ['i', 'f', 'c', 'o'];
const yes: Option = (builder, slot) => builder.addFieldInt8(slot, 1, 0);

/** Weights [hidden, columns] and bias of each gate. */
const w = gates.map((_, g) => floats([hidden, width], 10 + g));
const r = gates.map((_, g) => floats([hidden, hidden], 20 + g));
const b = gates.map((_, g) => floats([hidden], 30 + g));

function file(
  timeFirst: boolean,
  weights: readonly FileTensor[],
  extra: Record<number, string> = {},
): TfliteFile {
  const dims = timeFirst ? [time, batch] : [batch, time];
  const tensors: Record<string, FileTensor> = {
    x: { dims: [...dims, width] },
    y: { dims: [...dims, hidden] },
    h: { dims: [batch, hidden] },
    c: { dims: [batch, hidden] },
  };
  gates.forEach((gate, g) => {
    tensors[`w${gate}`] = weights[g];
    tensors[`r${gate}`] = { dims: [hidden, hidden], data: r[g] };
    tensors[`b${gate}`] = { dims: [hidden], data: b[g] };
  });
  const named = (prefix: string): string[] => gates.map((gate) => `${prefix}${gate}`);
  const absent = (count: number): string[] => new Array<string>(count).fill('');
  const inputs = [
    'x',
    ...named('w'),
    ...named('r'),
    ...absent(3),
    ...named('b'),
    ...absent(2),
    'h',
    'c',
    ...absent(4),
  ];
  for (const [at, name] of Object.entries(extra)) inputs[Number(at)] = name;
  const options: Record<number, Option> = { 0: int8(4) };
  if (timeFirst) options[3] = yes;
  return {
    inputs: ['x'],
    outputs: ['y'],
    tensors,
    operators: [{ kind: 'UNIDIRECTIONAL_SEQUENCE_LSTM', inputs, outputs: ['y'], options }],
  };
}

const floatWeights = w.map((data) => ({ dims: [hidden, width], data }));
const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));

/** Output of sample n at every step. */
function recurrence(x: (t: number) => readonly number[], weights: readonly ArrayLike<number>[]): number[][] {
  let [h, c] = [new Array<number>(hidden).fill(0), new Array<number>(hidden).fill(0)];
  return Array.from({ length: time }, (_, t) => {
    const sum = (g: number, k: number): number => {
      let total = b[g][k];
      x(t).forEach((v, i) => {
        total += v * weights[g][k * width + i];
      });
      for (let i = 0; i < hidden; i++) total += h[i] * r[g][k * hidden + i];
      return total;
    };
    c = c.map((old, k) => sigmoid(sum(1, k)) * old + sigmoid(sum(0, k)) * Math.tanh(sum(2, k)));
    h = c.map((cell, k) => sigmoid(sum(3, k)) * Math.tanh(cell));
    return h;
  });
}

test.each([false, true])('float weights, time first: %s', (timeFirst) => {
  const dims = timeFirst ? [time, batch, width] : [batch, time, width];
  const x = floats(dims, 1);
  const [y] = runTflite(file(timeFirst, floatWeights), { x: f32(dims, x) });
  for (let n = 0; n < batch; n++) {
    const at = (t: number): number => (timeFirst ? t * batch + n : n * time + t);
    const wanted = recurrence((t) => [...x.slice(at(t) * width, (at(t) + 1) * width)], w);
    wanted.forEach((state, t) => {
      state.forEach((v, k) => {
        expect(y[at(t) * hidden + k]).toBeCloseTo(v, 5);
      });
    });
  }
});

test('8-bit weights count in their scale', () => {
  const bytes = gates.map((_, g) =>
    Int8Array.from({ length: hidden * width }, (__, i) => ((i * 37 + g) % 255) - 127),
  );
  const weights = bytes.map((data) => ({
    dims: [hidden, width],
    type: 'int8' as const,
    data,
    scale: [0.01, 0] as const,
  }));
  const x = floats([batch, time, width], 1);
  const [y] = runTflite(file(false, weights), { x: f32([batch, time, width], x) });
  const real = bytes.map((data) => Float64Array.from(data, (v) => v * 0.01));
  const wanted = recurrence((t) => [...x.slice(t * width, (t + 1) * width)], real);
  wanted[time - 1].forEach((v, k) => {
    expect(y[(time - 1) * hidden + k]).toBeCloseTo(v, 5);
  });
});

test.each([
  ['peepholes', { 9: 'bi' }],
  ['a projection', { 16: 'ri' }],
  ['layer normalisation', { 20: 'bi' }],
  ['coupled gates', { 1: '' }],
])('%s are refused by name', (what, extra) => {
  const bytes = tfliteFile(file(false, floatWeights, extra));
  expect(() => Model.loadSync(bytes)).toThrow(`UNIDIRECTIONAL_SEQUENCE_LSTM operator 0 with ${what}`);
});

test('control flow is refused by name', () => {
  const plain = { dims: [1] };
  const one = (kind: string) => ({
    inputs: ['x'],
    outputs: ['y'],
    tensors: { x: plain, y: plain },
    operators: [{ kind, inputs: ['x'], outputs: ['y'] }],
  });
  for (const kind of ['IF', 'WHILE'])
    expect(() => Model.loadSync(tfliteFile(one(kind)))).toThrow(`not known: ${kind}`);
});
