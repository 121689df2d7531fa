import { clampedObserver, saturationRanges } from '../../../lib/compress/quantize/saturation.js';
import { attr } from '../../../lib/graph/attribute.js';
import { GraphBuilder } from '../../../lib/graph/builder.js';
import { f32 } from '../../../lib/tensor/tensor.js';
import { TestGraph } from '../../helpers/check-pass.js';
import { quantizedNoise } from '../../helpers/quantized-noise.js';
import { readInBodies } from '../../helpers/read-in-bodies.js';

test('a value is bounded by what its consumers can tell apart', () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [4]);
  const value = (name: string): string => g.node('Neg', [x], {}, { outputs: [name] })[0]!;
  const [swish, sigmoid, relu, both, free] = ['swish', 'sigmoid', 'relu', 'both', 'free'].map(
    value,
  ) as string[];
  const use = (op: string, input: string, attributes = {}): void =>
    g.output(g.node(op, [input], attributes)[0]!, 'float32');
  use('HardSwish', swish!);
  use('HardSigmoid', sigmoid!, { alpha: attr.float(0.25), beta: attr.float(0.5) });
  use('Relu', relu!);
  use('HardSwish', both!);
  use('Relu', both!);
  use('Relu', free!);
  use('Exp', free!);
  const [clipped] = g.node('Clip', [
    value('clip'),
    g.constant('lo', f32([], [-1])),
    g.constant('hi', f32([], [6])),
  ]);
  g.output(clipped!, 'float32');
  const ranges = saturationRanges(g.build());
  expect(ranges.get('swish')).toEqual({ min: -3, max: Number.POSITIVE_INFINITY });
  expect(ranges.get('sigmoid')).toEqual({ min: -2, max: 2 });
  expect(ranges.get('relu')).toEqual({ min: 0, max: Number.POSITIVE_INFINITY });
  expect(ranges.get('both')).toEqual({ min: -3, max: Number.POSITIVE_INFINITY });
  expect(ranges.has('free')).toBe(false);
  expect(ranges.get('clip')).toEqual({ min: -1, max: 6 });
});

test.each(['Relu', 'HardSwish'])('what a body reads beside %s is kept whole', async (op) => {
  const g = new TestGraph([1, 3, 8, 8]);
  const value = g.conv(g.x);
  const both = g.op('Add', [g.op(op, [value]), readInBodies(g, value)]);
  const graph = g.done(both);
  expect(saturationRanges(graph).has(value)).toBe(false);
  expect((await quantizedNoise(graph)).sqnr).toBeGreaterThan(30);
});

test('an observer sees values clamped, and its own copy is untouched', () => {
  const seen: number[] = [];
  const observer = clampedObserver(
    { see: (values) => seen.push(...values), range: () => ({ min: 0, max: 1 }) },
    { min: -3, max: Number.POSITIVE_INFINITY },
  );
  const values = Float32Array.of(-10, -3, 0, 20);
  observer.see(values, [4]);
  expect(seen).toEqual([-3, -3, 0, 20]);
  expect([...values]).toEqual([-10, -3, 0, 20]);
  expect(observer.range()).toEqual({ min: 0, max: 1 });
});
