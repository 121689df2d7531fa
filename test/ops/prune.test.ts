// Prune: masks of the least weights along a rising share, in the engine as by the reference, and what is pruned learns nothing.
import { attr } from '../../lib/graph/attribute.js';
import { GraphWriter } from '../../lib/graph/writer.js';
import { emit } from '../../lib/ops/gradients/emit.js';
import { differentiate } from '../../lib/run/differentiate.js';
import { Engine } from '../../lib/run/engine.js';
import { runReference } from '../../lib/run/reference.js';
import { GraphRunner } from '../../lib/run/runner.js';
import { f32, type TensorValue, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import { noise, reference } from '../helpers/run-reference.js';

interface Case {
  readonly w: TensorValue;
  readonly mask?: TensorValue;
  readonly progress?: number;
  /** Shares of zeros. */
  readonly initial?: number;
  readonly final?: number;
  readonly begin?: number;
  readonly end?: number;
}

const ones = ({ dims, data }: TensorValue): TensorValue => f32(dims, new Float32Array(data.length).fill(1));

const nodeOf = ({
  w,
  mask = ones(w),
  progress = 1,
  initial = 0,
  final = 0.5,
  begin = 0,
  end = 0.5,
}: Case) => ({
  op: 'Prune',
  domain: 'ai.kompakt' as const,
  inputs: [w, mask, f32([], [progress])],
  attributes: {
    from: attr.int(Math.round(initial * w.data.length)),
    to: attr.int(Math.round(final * w.data.length)),
    begin: attr.float(begin),
    end: attr.float(end),
  },
});

const run = (one: Case): number[][] => reference(nodeOf(one)).map((value) => [...toNumbers(value)]);

/** The same by the engine; the plan must be native. */
function inEngine(one: Case): number[][] {
  const { op, domain, inputs, attributes } = nodeOf(one);
  const writer = new GraphWriter();
  const names = ['w', 'mask', 'progress'];
  for (const [i, { dtype, dims }] of inputs.entries()) writer.input(names[i]!, { dtype, dims });
  const outputs = writer.add(op, names, attributes, { domain, outputs: 2 });
  const { dtype, dims } = one.w;
  const graph = writer.graph(outputs.map((name) => ({ name, dtype, dims })));
  const engine = new Engine(1);
  const runner = new GraphRunner(graph, engine);
  const ready = runner.prepare(
    new Map(inputs.map((value, i) => [names[i]!, { dtype: value.dtype, dims: value.dims }])),
  );
  expect(ready.plan.schedule.map(({ kind }) => kind)).toEqual(['native']);
  const values = runner.runSync(new Map(inputs.map((value, i) => [names[i]!, value])));
  const result = outputs.map((name) => [...toNumbers(values.get(name) as TensorValue)]);
  runner.release();
  engine.release();
  return result;
}

const w = f32([2, 3], [0.5, -0.1, 0.3, -0.9, 0.2, 0.05]);

describe('the mask', () => {
  test('takes away the least weights, whatever their sign', () => {
    expect(run({ w })).toEqual([[0.5, 0, 0.3, -0.9, 0, 0].map(Math.fround), [1, 0, 1, 1, 0, 0]]);
  });

  test('takes the first of equal weights first', () => {
    expect(run({ w: f32([5], [1, -1, 1, 1, -1]), final: 0.4 })[1]).toEqual([0, 0, 1, 1, 1]);
  });

  test('has the share of Zhu and Gupta: cubic between begin and end', () => {
    const many = noise('float32', [1000]);
    const share = (progress: number): number =>
      run({ w: many, progress, initial: 0.2, final: 0.9, begin: 0.1, end: 0.6 })[1]!.filter((m) => m === 0)
        .length / 1000;
    expect(share(0)).toBe(0.2);
    expect(share(0.1)).toBe(0.2);
    expect(share(0.35)).toBeCloseTo(0.9 - 0.7 * 0.125, 3);
    expect(share(0.6)).toBe(0.9);
    expect(share(1)).toBe(0.9);
  });

  test('stays as it is where it has the right number of zeros', () => {
    const mask = f32([2, 3], [0, 0, 0, 1, 1, 1]);
    expect(run({ w, mask })).toEqual([[0, 0, 0, -0.9, 0.2, 0.05].map(Math.fround), [0, 0, 0, 1, 1, 1]]);
    expect(run({ w, mask, final: 0.4 })[1]).toEqual([1, 0, 1, 1, 1, 0]);
  });

  test('of another shape, or shares beyond 0 and 1, are refused', () => {
    expect(() => run({ w, mask: f32([6], [1, 1, 1, 1, 1, 1]) })).toThrow(
      expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }),
    );
    expect(() => run({ w, final: 1.5 })).toThrow(expect.objectContaining({ code: 'KPT_ATTRIBUTE_INVALID' }));
  });
});

describe('the engine', () => {
  const specials = f32([7], [0, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-40, -1e-40, 1]);
  const ties = f32(
    [600],
    Float32Array.from({ length: 600 }, (_, i) => ((i * 7) % 5) - 2),
  );
  const weights: [string, TensorValue][] = [
    ['one weight', f32([1], [0.3])],
    ['13', noise('float32', [13])],
    ['a filter', noise('float32', [17, 5, 3, 3])],
    ['many', noise('float32', [211, 97])],
    ['equal ones', ties],
    ['special ones', specials],
  ];
  test.each(weights)('prunes %s like the reference at every share', (_, value) => {
    for (const final of [0, 0.001, 0.3, 0.5, 0.92, 0.999, 1])
      expect(inEngine({ w: value, final })).toEqual(run({ w: value, final }));
  });

  test('follows the share like the reference', () => {
    const value = noise('float32', [997]);
    for (const progress of [0, 0.11, 0.13, 0.37, 0.59, 0.61, Number.NaN]) {
      const one = { w: value, progress, initial: 0.1, final: 0.83, begin: 0.12, end: 0.6 };
      expect(inEngine(one)).toEqual(run(one));
    }
  });

  test('keeps a mask that has the right number of zeros', () => {
    const mask = f32([2, 3], [0, 0, 0, 1, 1, 1]);
    expect(inEngine({ w, mask })).toEqual(run({ w, mask }));
  });
});

test('what is pruned gets no gradient, the rest that of the output', () => {
  const writer = new GraphWriter();
  const x = tensor('float64', [2, 3], Float64Array.from(w.data as Float32Array));
  const mask = tensor('float64', [2, 3], new Float64Array(6).fill(1));
  const names = ['w', 'mask', 'progress'].map((name, i) =>
    writer.input(name, { dtype: 'float64', dims: i === 2 ? [] : [2, 3] }),
  );
  const [y] = writer.add('Prune', names, nodeOf({ w }).attributes, { domain: 'ai.kompakt', outputs: 2 });
  const factors = Float64Array.of(1, 2, 3, 4, 5, 6);
  const weighted = emit(writer, 'Mul', [y!, writer.constant('factors', tensor('float64', [2, 3], factors))]);
  const loss = emit(writer, 'ReduceSum', [weighted], { keepdims: attr.int(0) });
  const graph = differentiate(writer.graph([{ name: loss, dtype: 'float64', dims: [] }]), loss, ['w']);
  const lossOf = (values: TensorValue) =>
    runReference(
      graph,
      new Map([
        ['w', values],
        ['mask', mask],
        ['progress', tensor('float64', [], Float64Array.of(1))],
      ]),
    );
  const gradient = toNumbers(lossOf(x).get(graph.outputs[1]!.name) as TensorValue);
  expect([...gradient]).toEqual([1, 0, 3, 4, 0, 0]);
  // Small steps do not change which weights are the least.
  const h = 1e-6;
  for (const [i, slope] of gradient.entries()) {
    const moved = (by: number): number => {
      const values = Float64Array.from(x.data as Float64Array);
      values[i]! += by;
      return toNumbers(lossOf(tensor('float64', [2, 3], values)).get(loss) as TensorValue)[0]!;
    };
    expect((moved(h) - moved(-h)) / (2 * h)).toBeCloseTo(slope, 6);
  }
});
