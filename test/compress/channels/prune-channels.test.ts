// prune with channels: targets, what is chosen, what stays, and that what is left can be trained.
import { importances } from '../../../lib/compress/channels/importances/index.js';
import { distill } from '../../../lib/compress/distill.js';
import { finetune } from '../../../lib/compress/finetune.js';
import { type PruneOptions, type PruneReport, prune } from '../../../lib/compress/prune-model.js';
import type { Model } from '../../../lib/model/model.js';
import { GraphExecutor } from '../../../lib/session/executor.js';
import { InferenceSession } from '../../../lib/session/session.js';
import { evaluate } from '../../../lib/train/evaluate.js';
import { buildNetwork } from '../../../lib/train/networks/index.js';
import type { Lesson } from '../../../lib/train/train-model.js';
import { onnxruntimeExecutor } from '../../helpers/onnxruntime-executor.js';
import { classes, pictures, side } from '../../helpers/pictures.js';

const shape = { input: [1, side, side], classes } as const;
const data = pictures(200, 1, 1.5);
const judged = pictures(200, 2, 1.5) as Required<Lesson>[];
const run = { data, batch: 16, seed: 1, threads: 1 } as const;

let vgg: Model;
let resnet: Model;
beforeAll(async () => {
  vgg = (await finetune(buildNetwork('small-vgg', { ...shape, width: 0.25, seed: 3 }), { ...run, epochs: 4 }))
    .model;
  resnet = buildNetwork('resnet-8', { ...shape, width: 0.5, seed: 3 });
});

const channelsOf = async (
  model: Model,
  options: PruneOptions['channels'],
  more: Partial<PruneOptions> = {},
) => {
  const { model: small, report } = await prune(model, { channels: options, ...more });
  return { small, report, channels: report.channels! };
};
const shareOf = ({ channels }: PruneReport): number => channels!.macsAfter / channels!.macsBefore;

test.each([0.8, 0.5, 0.3])('at most %d of the multiply-accumulates stay, and hardly less', async (macs) => {
  for (const scope of ['global', 'uniform'] as const) {
    const { report } = await channelsOf(resnet, { macs, scope, roundTo: 1 });
    expect(shareOf(report)).toBeLessThanOrEqual(macs);
    expect(shareOf(report)).toBeGreaterThan(macs - 0.06);
  }
});

test('the report counts what the smaller model does', async () => {
  const { small, channels, report } = await channelsOf(resnet, { macs: 0.6, roundTo: 4 });
  const session = InferenceSession.fromModel(small);
  const { macs } = session.describe({ input: [1, 1, side, side] });
  await session.release();
  expect(channels.macsAfter).toBe(macs);
  expect(report.bytesAfter.file).toBeLessThan(0.8 * report.bytesBefore.file);
  for (const { channelsBefore: before, channelsAfter: after } of channels.layers)
    expect(after === before || (after < before && after % 4 === 0 && after > 0)).toBe(true);
});

test('a share of the channels that may leave; the same one for every layer when uniform', async () => {
  const { channels } = await channelsOf(vgg, { share: 0.25, roundTo: 1 });
  const sum = (of: 'before' | 'after') => channels.groups.reduce((all, group) => all + group[of], 0);
  expect(sum('after') / sum('before')).toBeCloseTo(0.75, 2);
  const { channels: uniform } = await channelsOf(vgg, { share: 0.25, roundTo: 1, scope: 'uniform' });
  for (const { before, after } of uniform.groups) expect(Math.abs(after - 0.75 * before)).toBeLessThan(0.51);
});

test('a floor, layers that are kept, and outputs of the model stay', async () => {
  const names = vgg.graph.nodes.filter(({ op }) => op === 'Conv').map(({ name }) => name);
  const { channels } = await channelsOf(
    vgg,
    { share: 0.7, roundTo: 1, floor: 4 },
    { layers: { keep: [names[1]!] } },
  );
  const layers = new Map(channels.layers.map((layer) => [layer.name, layer]));
  for (const layer of channels.layers) expect(layer.channelsAfter).toBeGreaterThanOrEqual(4);
  expect(layers.get(names[1]!)).toMatchObject({ whole: `options keep layer '${names[1]}'` });
  const last = channels.layers.at(-1)!;
  expect(last).toMatchObject({ channelsAfter: classes, whole: 'they are an output of the model' });
  const only = await channelsOf(vgg, { share: 0.5, roundTo: 1 }, { layers: { only: [names[0]!] } });
  expect(only.channels.groups.map((group) => group.layers)).toEqual([[names[0]]]);
});

test.each(importances.map(({ name }) => name))('%s: the same channels every time', async (importance) => {
  const options = { share: 0.5, roundTo: 1, importance, seed: 5 };
  const [first, second] = [
    await channelsOf(resnet, options, { data }),
    await channelsOf(resnet, options, { data }),
  ];
  expect(first.small.toBytes()).toEqual(second.small.toBytes());
});

test('what is left runs in onnxruntime too, is trained, and learns from what it was', async () => {
  const { small, report } = await channelsOf(vgg, { macs: 0.5, roundTo: 2 }, { evaluate: judged });
  const theirs = await onnxruntimeExecutor(small.graph);
  const ours = new GraphExecutor(small.graph);
  const input = {
    dtype: 'float32' as const,
    dims: [1, 1, side, side],
    data: judged[0]!.feeds.input!.data as Float32Array,
  };
  const [a] = [...(await ours.run(new Map([['input', input]]))).values()];
  const [b] = [...(await theirs(new Map([['input', input]]))).values()];
  ours.release();
  for (const [i, v] of (a!.data as Float32Array).entries())
    expect(v).toBeCloseTo((b!.data as Float32Array)[i]!, 3);
  expect(report.accuracyBefore).toBeGreaterThan(0.9);
  const { model: taught } = await distill(small, { ...run, teacher: vgg, epochs: 3 });
  const { accuracy } = await evaluate(taught, judged, { threads: 1 });
  expect(accuracy).toBeGreaterThan(Math.min(0.85, report.accuracyAfter!));
  expect(taught.graph.constants.size).toBe(small.graph.constants.size);
});

test.each([
  [{ channels: {} }, /exactly one of share and macs/],
  [{ channels: { share: 0.2, macs: 0.5 } }, /exactly one of share and macs/],
  [{ channels: { share: 0.2 }, sparsity: 0.5 }, /exactly one of sparsity, threshold and channels/],
  [{}, /exactly one of sparsity, threshold and channels/],
  [{ channels: { share: 0.2, importance: 'best' } }, /expected one of batch-norm, fpgm, l1/],
  [{ channels: { share: 0.2, importance: 'taylor' } }, /labelled samples as option data/],
  [{ channels: { macs: 0.01, floor: 8 } }, /more than can leave/],
  [{ channels: { share: 0.2 }, layers: { only: ['nothing'] } }, /no layer 'nothing'/],
] as const)('%j is refused', async (options, message) => {
  await expect(prune(vgg, options as PruneOptions)).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
    message: expect.stringMatching(message),
  });
});

test('threshold: weights below it become 0, others stay', async () => {
  const { model, report } = await prune(vgg, { threshold: 0.05 });
  expect(report.channels).toBeNull();
  expect(report.sparsity).toBeGreaterThan(0.1);
  for (const [name, { dims, data: after }] of model.graph.constants) {
    const before = vgg.graph.constants.get(name)!.data as Float32Array;
    const expected = before.map((v) => (dims.length > 1 && Math.abs(v) < 0.05 ? 0 : v));
    expect(after).toEqual(expected);
  }
});
