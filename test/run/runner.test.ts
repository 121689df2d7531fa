// GraphRunner: native stretches, host nodes, shapes that depend on data, control flow, plan caching. Each graph is also run by
// the reference interpreter, which shares nothing with plans.
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Graph } from '../../lib/graph/graph.js';
import { Engine } from '../../lib/run/engine.js';
import { runReference } from '../../lib/run/reference.js';
import { GraphRunner } from '../../lib/run/runner.js';
import { f32, i64, type TensorValue, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import { signal } from '../helpers/models.js';

const numbers = (value: TensorValue | undefined): number[] => [...toNumbers(value!)];

async function check(graph: Graph, feeds: Record<string, TensorValue>): Promise<void> {
  const engine = new Engine(2);
  const runner = new GraphRunner(graph, engine);
  const given = new Map(Object.entries(feeds));
  const wanted = runReference(graph, given);
  for (const actual of [runner.runSync(given), await runner.run(given), runner.runSync(given)])
    for (const { name } of graph.outputs) {
      expect(actual.get(name)!.dims).toEqual(wanted.get(name)!.dims);
      expect(actual.get(name)!.dtype).toBe(wanted.get(name)!.dtype);
      const [a, b] = [numbers(actual.get(name)), numbers(wanted.get(name))];
      a.forEach((v, i) => {
        expect(v).toBeCloseTo(b[i]!, 4);
      });
    }
  runner.release();
  engine.release();
}

/** Relu -> Cos (no step for it) -> Conv: native, host, native. */
function withHostNode(): Graph {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['N', 3, 'H', 'W']);
  const [relu] = g.node('Relu', [x]);
  const [cos] = g.node('Cos', [relu!]);
  const w = g.constant('w', f32([4, 3, 3, 3], signal(108)));
  const [conv] = g.node('Conv', [cos!, w], { pads: attr.ints([1, 1, 1, 1]) });
  const [sum] = g.node('Add', [conv!, conv!]);
  g.output(sum!, 'float32');
  g.output(cos!, 'float32');
  return g.build();
}

test('host nodes run between native steps, in both layouts', async () => {
  for (const dims of [
    [1, 3, 5, 7],
    [2, 3, 1, 1],
    [1, 3, 16, 16],
  ])
    await check(withHostNode(), { x: f32(dims, signal(dims.reduce((a, b) => a * b))) });
});

test('a shape that depends on data cuts the plan and goes on', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [null]);
  const [positive] = g.node('Relu', [x]);
  const [indices] = g.node('NonZero', [positive!]);
  const [rows] = g.node('Transpose', [indices!]);
  const [picked] = g.node('GatherND', [x, rows!]);
  const [doubled] = g.node('Add', [picked!, picked!]);
  g.output(doubled!, 'float32');
  g.output(positive!, 'float32');
  const graph = g.build();
  await check(graph, { x: f32([6], [1, -1, 2, 0, 3, -5]) });
  await check(graph, { x: f32([2], [-1, -2]) });
});

test('the branches of If see outer values and may have other shapes', async () => {
  const branch = (op: string): Graph => {
    const b = new GraphBuilder(op, undefined, ['h']);
    const [y] = op === 'Tanh' ? b.node('Tanh', ['h']) : b.node('Concat', ['h', 'h'], { axis: attr.int(0) });
    b.output(y!, 'float32');
    return b.build();
  };
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [4]);
  const flag = g.input('flag', 'bool', []);
  const [h] = g.node('Relu', [x], {}, { outputs: ['h'] });
  expect(h).toBe('h');
  const [y] = g.node('If', [flag], {
    then_branch: attr.graph(branch('Tanh')),
    else_branch: attr.graph(branch('Concat')),
  });
  const [z] = g.node('Relu', [y!]);
  g.output(z!, 'float32');
  const graph = g.build();
  for (const on of [1, 0])
    await check(graph, { x: f32([4], [1, -2, 3, 0.5]), flag: tensor('bool', [], Uint8Array.of(on)) });
});

test('a branch that is illegal for these shapes only matters when it is taken', async () => {
  const branch = (length: number): Graph => {
    const b = new GraphBuilder(`of ${length}`, undefined, ['x']);
    const row = b.constant('row', f32([length, 1], new Float32Array(length).fill(2)));
    b.output(b.node('MatMul', ['x', row])[0]!, 'float32');
    return b.build();
  };
  const g = new GraphBuilder();
  g.input('x', 'float32', [1, 'n']);
  const flag = g.input('flag', 'bool', []);
  const branches = { then_branch: attr.graph(branch(3)), else_branch: attr.graph(branch(4)) };
  g.output(g.node('If', [flag], branches)[0]!, 'float32');
  const graph = g.build();
  const on = (yes: number): TensorValue => tensor('bool', [], Uint8Array.of(yes));
  await check(graph, { x: f32([1, 3], [1, 2, 3]), flag: on(1) });
  await check(graph, { x: f32([1, 4], [1, 2, 3, 4]), flag: on(0) });
  const runner = new GraphRunner(graph, new Engine(1));
  expect(() =>
    runner.runSync(
      new Map([
        ['x', f32([1, 4], [1, 2, 3, 4])],
        ['flag', on(1)],
      ]),
    ),
  ).toThrow('equal inner dims');
});

test('an If whose condition is known becomes part of the plan', async () => {
  const branch = (scale: number, from: string): Graph => {
    const b = new GraphBuilder('branch', undefined, [from]);
    const factor = b.constant('factor', f32([1], [scale]));
    b.output(b.node('Mul', [from, factor], {}, { outputs: ['scaled'] })[0]!, 'float32');
    return b.build();
  };
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['N']);
  const [size] = g.node('Shape', [x]);
  const [four] = g.node('Equal', [size!, g.constant('four', i64([4]))]);
  let value = g.node('Relu', [x])[0]!;
  // Both nodes have branches with the same names.
  for (const scale of [2, 3]) {
    const attributes = {
      then_branch: attr.graph(branch(scale, value)),
      else_branch: attr.graph(branch(-scale, value)),
    };
    value = g.node('If', [four!], attributes)[0]!;
  }
  g.output(value, 'float32');
  const graph = g.build();
  await check(graph, { x: f32([4], [1, -2, 3, 0.5]) });
  await check(graph, { x: f32([3], [1, -2, 3]) });
  const runner = new GraphRunner(graph, new Engine(1));
  const { plan } = runner.prepare(new Map([['x', { dtype: 'float32', dims: [4] }]]));
  expect(plan.schedule.map((item) => item.kind)).toEqual(['native']);
});

test('shape arithmetic folds away: Reshape by a computed shape is planned statically', () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['N', 2, 3]);
  const [shape] = g.node('Shape', [x]);
  const [n] = g.node('Gather', [shape!, g.constant('zero', i64([0]))]);
  const [target] = g.node('Concat', [n!, g.constant('minus', i64([-1]))], { axis: attr.int(0) });
  const [flat] = g.node('Reshape', [x, target!]);
  g.output(flat!, 'float32');
  const engine = new Engine(1);
  const runner = new GraphRunner(g.build(), engine);
  const { plan } = runner.prepare(new Map([['x', { dtype: 'float32', dims: [5, 2, 3] }]]));
  expect(plan.cut).toBeUndefined();
  expect(plan.schedule).toEqual([]);
  expect(numbers(runner.runSync(new Map([['x', f32([5, 2, 3], signal(30))]])).get(flat!))).toEqual([
    ...signal(30),
  ]);
});

test('plans are kept per input shape and share packed weights', () => {
  const engine = new Engine(1);
  const runner = new GraphRunner(withHostNode(), engine);
  const feed = (h: number): Map<string, TensorValue> => new Map([['x', f32([1, 3, h, 8], signal(24 * h))]]);
  runner.runSync(feed(4));
  const bytes = engine.weightBytes();
  for (const h of [5, 6, 7, 8, 9, 10, 11, 12, 13, 14]) runner.runSync(feed(h));
  expect(engine.weightBytes()).toBe(bytes);
  const types = new Map([['x', { dtype: 'float32' as const, dims: [1, 3, 14, 8] }]]);
  expect(runner.prepare(types)).toBe(runner.prepare(types));
});

test('a plan whose place a run beside it has taken is freed when its own run has ended', async () => {
  const engine = new Engine(1);
  const runner = new GraphRunner(withHostNode(), engine);
  const feeds = new Map([['x', f32([1, 3, 4, 8], signal(96))]]);
  const first = runner.prepare(new Map([['x', { dtype: 'float32' as const, dims: [1, 3, 4, 8] }]]));
  const run = runner.run(feeds);
  const beside = runner.runSync(feeds);
  expect(first.native.arenaBytes()).toBeGreaterThan(0);
  expect([...(await run).values()].map(numbers)).toEqual([...beside.values()].map(numbers));
  expect(first.native.arenaBytes()).toBe(0);
  expect(runner.memory().arenaBytes).toBeGreaterThan(0);
  runner.release();
  engine.release();
});

test('int8 values keep their meaning across host and engine', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'int8', [2, 3]);
  const [t] = g.node('Transpose', [x], { perm: attr.ints([1, 0]) });
  g.output(t!, 'int8');
  g.output(x, 'int8');
  await check(g.build(), { x: tensor('int8', [2, 3], Int8Array.of(-128, -1, 0, 1, 127, 5)) });
});

test('zero-size and rank-0 tensors pass through', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', null);
  const [y] = g.node('Relu', [x]);
  const [z] = g.node('Add', [y!, y!]);
  g.output(z!, 'float32');
  const graph = g.build();
  await check(graph, { x: f32([], [-2]) });
  await check(graph, { x: f32([0, 3], []) });
});

test('an unknown operator is named when the model runs', () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [1]);
  const [y] = g.node('Nonesuch', [x], {}, { name: 'odd', domain: 'com.example' });
  g.output(y!, 'float32');
  const runner = new GraphRunner(g.build(), new Engine(1));
  expect(() => runner.runSync(new Map([['x', f32([1], [1])]]))).toThrow(
    expect.objectContaining({
      code: 'KPT_ONNX_UNSUPPORTED_OP',
      details: { op: 'Nonesuch', domain: 'com.example', node: 'odd' },
    }),
  );
});

test('what has no elements is known when the plan is made, however long its other axes are', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['N', 1, 3, 2 ** 31]);
  const w = g.constant('w', f32([1, 1, 1, 3], [1, 2, 3]));
  g.output(g.node('Conv', [x, w])[0]!, 'float32');
  const engine = new Engine(1);
  const runner = new GraphRunner(g.build(), engine);
  const y = runner.runSync(new Map([['x', f32([0, 1, 3, 2 ** 31], [])]])).get('conv_out')!;
  expect([y.dtype, ...y.dims]).toEqual(['float32', 0, 1, 3, 2 ** 31 - 2]);
  runner.release();
  engine.release();
});

describe('outputs', () => {
  /** Of 160 KB, computed for long enough to be left to another thread. */
  function large(): { readonly graph: Graph; readonly feeds: Map<string, TensorValue> } {
    const g = new GraphBuilder();
    const x = g.input('x', 'float32', [1, 64, 100, 100]);
    const w = g.constant('w', f32([4, 64, 5, 5], signal(6400)));
    const [conv] = g.node('Conv', [x, w], { pads: attr.ints([2, 2, 2, 2]) });
    const [relu] = g.node('Relu', [conv!]);
    g.output(relu!, 'float32');
    g.output(conv!, 'float32');
    return { graph: g.build(), feeds: new Map([['x', f32([1, 64, 100, 100], signal(640_000))]]) };
  }

  test('that are large come in an array of their own from each run, and equal those of the calling thread', async () => {
    const { graph, feeds } = large();
    const engine = new Engine(1);
    const runner = new GraphRunner(graph, engine);
    const wanted = runner.runSync(feeds);
    const [first, second] = [await runner.run(feeds), await runner.run(feeds)];
    for (const { name } of graph.outputs) {
      expect(first.get(name)).toEqual(wanted.get(name));
      expect(second.get(name)).toEqual(wanted.get(name));
      expect(first.get(name)!.data).not.toBe(second.get(name)!.data);
    }
    runner.release();
    engine.release();
  });

  test('go where they are wanted, and only those', async () => {
    const { graph, feeds } = large();
    const [{ name }, other] = [graph.outputs[0]!, graph.outputs[1]!];
    const engine = new Engine(1);
    const runner = new GraphRunner(graph, engine);
    const place = new Float32Array(40_000);
    const wanted = runner.runSync(feeds).get(name)!;
    const targets = new Map([[name, { data: place, dims: wanted.dims }]]);
    for (const run of [() => runner.run(feeds, { targets }), () => runner.runSync(feeds, targets)]) {
      place.fill(-1);
      const made = await run();
      expect(made.get(name)!.data).toBe(place);
      expect(made.get(name)).toEqual(wanted);
      expect(made.has(other.name)).toBe(false);
    }
    const misfits = new Map([[name, { data: place, dims: [place.length, 1, 1] }]]);
    place.fill(-1);
    expect((await runner.run(feeds, { targets: misfits })).get(name)).toEqual(wanted);
    expect(place.every((v) => v === -1)).toBe(true);
    runner.release();
    engine.release();
  });

  test('may be written to: neither constants nor feeds change', () => {
    const g = new GraphBuilder();
    const x = g.input('x', 'float32', [2]);
    const c = g.constant('c', f32([2], [1, 2]));
    const [sum] = g.node('Add', [c, c]);
    for (const name of [sum!, c, x]) g.output(name, 'float32');
    const engine = new Engine(1);
    const runner = new GraphRunner(g.build(), engine);
    const feeds = new Map([['x', f32([2], [3, 4])]]);
    for (let i = 0; i < 2; i++) {
      const made = runner.runSync(feeds);
      expect([sum!, c, x].map((name) => numbers(made.get(name)))).toEqual([
        [2, 4],
        [1, 2],
        [3, 4],
      ]);
      for (const { data } of made.values()) (data as Float32Array).fill(9);
    }
    runner.release();
    engine.release();
  });
});
