// Plans of which parts run by their reference, or stand for graphs inside: what a cache keeps of them is enough to run.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-common';
import { parse } from '../../lib/graph/parse.js';
import { Model } from '../../lib/model/model.js';
import { native } from '../../lib/run/native.js';
import { PlanCache } from '../../lib/session/plan-cache.js';
import { InferenceSession } from '../../lib/session/session.js';
import { feedsOf, outcome } from '../helpers/session-outcome.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kompakt-cache-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('plans with operators that run by their reference', () => {
  const shapes = { x: [2, 3] };
  /** `host` makes the value 'made' by a node that has no native form, as none of 'wide', in float64, has. */
  const around = (host: string): Uint8Array =>
    new Model(
      parse(`graph main opsets {"": 18}
  input x: float32[2, 3]
  constant few: float64[3] = [3, 5, 7]
  constant many: float64[20000, 1, 3] = [${Array.from({ length: 60000 }, (_, i) => i % 7)}]
  constant zero: float32[] = [0]
  constant first: int64[1] = [0]
  constant limit: int64[] = [2]
  constant boxes: float32[1, 3, 4] = [0, 0, 1, 1, 0, 0, 1, 1, 4, 4, 5, 5]
  double = Add(x, x)
  sum = ReduceSum(double) {keepdims: int 0}
  above = Greater(sum, zero)
  wide = Cast(double) {to: int 11}
  ${host}
  negative = Neg(made)
  output negative: float32
end`),
    ).toBytes();

  /** Whether the plan is kept. If it is: its results are the same bytes, without the file being written again. */
  async function isKept(bytes: Uint8Array): Promise<boolean> {
    const file = join(folder, 'plans.kpc');
    const plain = await outcome(bytes, shapes);
    expect(await outcome(bytes, shapes, file)).toBe(plain);
    const { signature } = new PlanCache(
      { path: file, own: false },
      { digest: native().digest(bytes), optimize: true },
    );
    if (signature === undefined) return false;
    const written = statSync(file).mtimeMs;
    expect(await outcome(bytes, shapes, file)).toBe(plain);
    expect(statSync(file).mtimeMs).toBe(written);
    const session = await InferenceSession.create(bytes, { planCache: file, enableProfiling: true });
    session.runSync(feedsOf(shapes));
    expect(session.endProfiling().map((one) => one.native)).toContain(false);
    await session.release();
    return true;
  }

  test.each([
    ['attributes', 'hard = Hardmax(wide) {axis: int 0}\n  made = Cast(hard) {to: int 1}'],
    ['constants', 'more = Add(wide, few)\n  made = Cast(more) {to: int 1}'],
    [
      'bodies',
      'made = If(above) {then_branch: graph graph a opsets {"": 18}\n  hard = Hardmax(wide)\n  y = Cast(hard) {to: int 1}\n  output y: float32\nend, else_branch: graph graph b opsets {"": 18}\n  z = Neg(double)\n  output z: float32\nend}',
    ],
    [
      'steps before such shapes',
      'scores = Unsqueeze(double, first)\n  list = NonMaxSuppression(boxes, scores, limit)\n  made = Cast(list) {to: int 1}',
    ],
    ['shapes that depend on data', 'places = NonZero(double)\n  made = Cast(places) {to: int 1}'],
  ])('are kept, with their %s', async (_, host) => {
    expect(await isKept(around(host))).toBe(true);
  });

  test('are not kept with large constants', async () => {
    expect(await isKept(around('more = Add(many, wide)\n  made = Cast(more) {to: int 1}'))).toBe(false);
  });
});

describe('plans of graphs inside others', () => {
  const numbers = (session: InferenceSession, x: readonly number[]): unknown => {
    const { y } = session.runSync({ x: new Tensor('float32', Float32Array.from(x), [x.length]) });
    return [...(y!.data as Float32Array)];
  };

  /** A way through `bytes` that each element of `feeds` takes, from the cache; the model's file is gone by then. */
  async function fromCache(file: string, path: string, feeds: readonly (readonly number[])[]) {
    const session = await InferenceSession.create(path, { planCache: file, intraOpNumThreads: 1 });
    const kept = readFileSync(path);
    writeFileSync(path, 'something else');
    const results = feeds.map((x) => numbers(session, x));
    writeFileSync(path, kept);
    await session.release();
    return results;
  }

  async function afresh(path: string, feeds: readonly (readonly number[])[], planCache?: string) {
    const session = await InferenceSession.create(path, { ...(planCache && { planCache }) });
    const results = feeds.map((x) => numbers(session, x));
    await session.release();
    return results;
  }

  /** Positive sums take a branch with an If of its own, others one whose shapes depend on data. */
  const branches = `graph main opsets {"": 18}
  input x: float32[N]
  constant zero: float32[] = [0]
  constant hundred: float32[] = [100]
  sum = ReduceSum(x) {keepdims: int 0}
  above = Greater(sum, zero)
  y = If(above) {then_branch: graph graph a opsets {"": 18}
    much = Greater(sum, hundred)
    inner = If(much) {then_branch: graph graph c opsets {"": 18}
      r = Sqrt(x)
      output r: float32
    end, else_branch: graph graph d opsets {"": 18}
      s = Add(x, sum)
      output s: float32
    end}
    output inner: float32
  end, else_branch: graph graph b opsets {"": 18}
    at = NonZero(x)
    places = Cast(at) {to: int 1}
    flat = ReduceSum(places) {keepdims: int 0}
    z = Mul(flat, x)
    output z: float32
  end}
  output y: float32
end`;
  const some = [1, 2, 3];
  const much = [100, 25, 4];
  const none = [-1, 0, -3];

  test('every branch that was taken comes from the cache; another is planned, and joins the file', async () => {
    const [path, file] = [join(folder, 'model.onnx'), join(folder, 'plans.kpc')];
    writeFileSync(path, new Model(parse(branches)).toBytes());
    const plain = await afresh(path, [some, much, none]);
    expect(await afresh(path, [some], file)).toEqual([plain[0]]);
    expect(await fromCache(file, path, [some, some])).toEqual([plain[0], plain[0]]);
    // Without the model the other branch cannot be planned.
    await expect(fromCache(file, path, [much])).rejects.toMatchObject({ code: 'KPT_FILE_CHANGED' });
    writeFileSync(path, new Model(parse(branches)).toBytes());
    expect(await afresh(path, [some, much, some], file)).toEqual([plain[0], plain[1], plain[0]]);
    expect(await fromCache(file, path, [much, some])).toEqual([plain[1], plain[0]]);
    expect(await afresh(path, [none, much], file)).toEqual([plain[2], plain[1]]);
    const written = statSync(file).mtimeMs;
    expect(await fromCache(file, path, [none, some, much])).toEqual([plain[2], plain[0], plain[1]]);
    expect(statSync(file).mtimeMs).toBe(written);
  });

  test('run() plans a branch that the cache lacks, as runSync() does', async () => {
    const [path, file] = [join(folder, 'model.onnx'), join(folder, 'plans.kpc')];
    writeFileSync(path, new Model(parse(branches)).toBytes());
    const plain = await afresh(path, [some, much, none]);
    await afresh(path, [some], file);
    const session = await InferenceSession.create(path, { planCache: file });
    const runs = [some, much, none, some].map((x) =>
      session.run({ x: new Tensor('float32', Float32Array.from(x), [x.length]) }),
    );
    const results = (await Promise.all(runs)).map(({ y }) => [...(y!.data as Float32Array)]);
    expect(results).toEqual([plain[0], plain[1], plain[2], plain[0]]);
    await session.release();
  });

  test('the body of a Loop comes from the cache, whatever the number of turns', async () => {
    const [path, file] = [join(folder, 'model.onnx'), join(folder, 'plans.kpc')];
    const text = `graph main opsets {"": 18}
  input x: float32[N]
  constant yes: bool[] = [1]
  sum = ReduceSum(x) {keepdims: int 0}
  turns = Cast(sum) {to: int 7}
  y = Loop(turns, yes, x) {body: graph graph turn opsets {"": 18}
    input i: int64[]
    input going: bool[]
    input v: float32[N]
    w = Add(v, x)
    on = Identity(going)
    output on: bool[]
    output w: float32[N]
  end}
  output y: float32
end`;
    writeFileSync(path, new Model(parse(text)).toBytes());
    const feeds = [some, [1, 0, 0], [0, 0, 0], [5, 5, 5]];
    const plain = await afresh(path, feeds);
    expect(plain[0]).toEqual([7, 14, 21]);
    await afresh(path, [some], file);
    expect(await fromCache(file, path, feeds)).toEqual(plain);
  });

  test('bind() refuses such a model from the cache, too', async () => {
    const [path, file] = [join(folder, 'model.onnx'), join(folder, 'plans.kpc')];
    writeFileSync(path, new Model(parse(branches)).toBytes());
    await afresh(path, [some], file);
    const session = await InferenceSession.create(path, { planCache: file });
    const x = new Tensor('float32', Float32Array.from(some), [3]);
    expect(() => session.bind({ inputs: { x } })).toThrow(/natively/);
    await session.release();
  });
});
