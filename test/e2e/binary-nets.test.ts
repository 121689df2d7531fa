// Whole binary networks on real digits: the packed file in kompakt and in onnxruntime, which runs the function bodies, and
// both beside the float graph that it was made from.
import { InferenceSession as OrtSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { Graph } from '../../lib/graph/graph.js';
import { opKey } from '../../lib/graph/graph.js';
import { InferenceSession, Model, Tensor } from '../../lib/index.js';
import { packBinary } from '../../lib/passes/pack-binary.js';
import { cleanPasses, runPipeline } from '../../lib/passes/pipeline.js';
import { lfc, vgg } from '../helpers/binary-nets.js';
import { mnistDigits } from '../helpers/mnist-digits.js';

const batch = 20;
const k = (op: string): string => `ai.kompakt:${op}`;

const nets = [
  {
    name: 'LFC',
    float: lfc(),
    ops: [
      'Flatten',
      k('PackBits'),
      k('BinaryGemmBits'),
      k('BinaryGemmBits'),
      k('BinaryGemmBits'),
      k('BinaryGemm'),
    ],
    largestFile: 395_000,
  },
  {
    name: 'VGG',
    float: vgg(),
    ops: [
      'Conv',
      k('PackBits'),
      k('BinaryConvBits'),
      k('BinaryMaxPool'),
      k('BinaryConvBits'),
      k('BinaryConvBits'),
      k('BinaryMaxPool'),
      'Flatten',
      k('BinaryGemmBits'),
      k('BinaryGemm'),
    ],
    largestFile: 100_000,
  },
];

/** The graph with every value of one-bit operators as an output too. */
function withBits(graph: Graph): Graph {
  const bits = graph.nodes.filter((node) => /Bits|Pool/.test(node.op)).map((node) => node.outputs[0]);
  const extra = bits.map((name) => ({ name, dtype: 'uint8' as const, dims: null }));
  return { ...graph, outputs: [...graph.outputs, ...extra] };
}

const images = mnistDigits(batch);
const feeds = { image: images.data };

async function runOrt(
  bytes: Uint8Array,
): Promise<Record<string, { dims: readonly number[]; data: unknown }>> {
  const session = await OrtSession.create(Buffer.from(bytes), { logSeverityLevel: 3 });
  const results = await session.run({ image: new OrtTensor('float32', feeds.image, images.dims) });
  await session.release();
  return results;
}

async function runOurs(model: Model, optimize = true) {
  const session = InferenceSession.fromModel(model, {
    intraOpNumThreads: 1,
    graphOptimizationLevel: optimize ? 'all' : 'disabled',
  });
  try {
    const results = await session.run({ image: new Tensor('float32', feeds.image, images.dims) });
    return { results, plan: session.describe({ image: images.dims }) };
  } finally {
    await session.release();
  }
}

describe.each(nets)('$name', ({ float, ops, largestFile }) => {
  const packed = packBinary.run(runPipeline(cleanPasses, float));
  const bytes = new Model(withBits(packed)).toBytes();

  test('becomes a chain of one-bit operators, in a file of a bit per weight', () => {
    expect(packed.nodes.map(opKey)).toEqual(ops);
    expect(new Model(packed).toBytes().length).toBeLessThan(largestFile);
  });

  test('gives the same bytes in onnxruntime and in kompakt, which runs all of it natively', async () => {
    const model = Model.loadSync(bytes);
    expect(model.graph.nodes.map(opKey)).toEqual(ops);
    const [ours, theirs] = [await runOurs(model), await runOrt(bytes)];
    expect(ours.plan.nodes.filter((node) => !node.native)).toEqual([]);
    expect(ours.plan.nodes.flatMap((node) => node.steps)).toContain('conv_b1');
    for (const { name } of model.graph.outputs) {
      const [mine, other] = [ours.results[name] as Tensor, theirs[name]!];
      expect(mine.dims).toEqual(other.dims);
      expect(mine.data).toEqual(other.data);
    }
    const varied = new Set(ours.results.scores!.data as Float32Array);
    expect(varied.size).toBeGreaterThan(batch);
  });

  test('agrees with the float graph, which a session packs by itself', async () => {
    const model = new Model(float);
    const [packedRun, floatRun] = [await runOurs(model), await runOurs(model, false)];
    expect(packedRun.plan.nodes.map((node) => node.op)).toEqual(expect.arrayContaining([ops.at(-1)]));
    const [a, b] = [packedRun, floatRun].map((run) => run.results.scores!.data as Float32Array);
    a!.forEach((v, i) => {
      expect(Math.abs(v - b![i]!)).toBeLessThan(1e-4);
    });
  });
});
