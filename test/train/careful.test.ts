// Careful training does no harm: rates that ruin a network are lowered, and what is kept is never worse on held-out samples than
// what was there before.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { distill } from '../../lib/compress/distill.js';
import { finetune } from '../../lib/compress/finetune.js';
import type { Model } from '../../lib/model/model.js';
import { HeldOut } from '../../lib/train/careful.js';
import { evaluate } from '../../lib/train/evaluate.js';
import type { TrainingEvent } from '../../lib/train/events.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import type { Lesson } from '../../lib/train/train-model.js';
import { classes, pictures, side, unlabelled } from '../helpers/pictures.js';

const data = pictures(400, 1, 1.2);
const judged = pictures(400, 2, 1.2) as Required<Lesson>[];
const run = { data, batch: 16, seed: 1, threads: 1, optimizer: 'adam' } as const;
const accuracyOf = async (model: Model) => (await evaluate(model, judged, { threads: 1 })).accuracy;

let folder: string;
let net: Model;
let before: number;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kompakt-careful-'));
  const fresh = buildNetwork('small-vgg', { input: [1, side, side], classes, width: 0.125, seed: 3 });
  net = (await finetune(fresh, { ...run, epochs: 4 })).model;
  before = await accuracyOf(net);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a rate that ruins the network is lowered until it does not', async () => {
  expect(before).toBeGreaterThan(0.7);
  const harsh = { ...run, epochs: 3, learningRate: 1 } as const;
  const ruined = await accuracyOf((await finetune(net, harsh)).model);
  expect(ruined).toBeLessThan(before - 0.2);
  const { model, report } = await finetune(net, { ...harsh, careful: true });
  const careful = report.careful!;
  expect(careful.lowered.length).toBeGreaterThan(0);
  expect(careful.lowered[0]!.learningRate).toBe(1);
  expect(careful.learningRate).toBeLessThan(1);
  expect(careful.kept!).toBeGreaterThanOrEqual(careful.before!);
  expect(await accuracyOf(model)).toBeGreaterThan(before - 0.05);
  expect(report.notes.join(' ')).toMatch(/The learning rate was lowered to .* came to .* with 1/);
  expect(report.epochs).toHaveLength(3);
  expect(report.epochs[0]!.learningRate).toBeLessThanOrEqual(careful.learningRate);
});

test('where no epoch is better the model stays as it is', async () => {
  const options = { ...run, epochs: 2, learningRate: 1e7, clipNorm: 1, careful: { heldOut: 0.3 } } as const;
  const { model, report } = await finetune(net, options);
  expect(report).toMatchObject({ kept: 0, careful: { heldOut: expect.any(Number) } });
  expect(report.careful!.kept).toBe(report.careful!.before);
  expect(report.careful!.lowered.map(({ learningRate }) => learningRate)).toEqual([1e7, 1e6, 1e5]);
  expect(await accuracyOf(model)).toBe(before);
  expect(report.notes.join(' ')).toContain('as it was before training');
});

test('a rate that suits stays, and the network learns', async () => {
  const { model, report } = await finetune(net, { ...run, epochs: 6, careful: true });
  expect(report.careful).toMatchObject({ learningRate: 0.001, lowered: [] });
  expect(report.kept).toBeGreaterThan(0);
  expect(await accuracyOf(model)).toBeGreaterThan(before);
});

test('without labels what the teacher answers is right', async () => {
  const options = { ...run, data: unlabelled(data), teacher: 'self', softWeight: 1, epochs: 2 } as const;
  const { report } = await distill(net, { ...options, careful: true });
  expect(report.careful!.before).toBe(1);
  const quantized = await distill(net, {
    ...options,
    careful: true,
    quantize: { weightBits: 3, activationBits: 4, firstLastBits: null },
  });
  expect(quantized.report.careful!.before).toBeLessThan(1);
  expect(quantized.report.careful!.kept!).toBeGreaterThanOrEqual(quantized.report.careful!.before!);
});

test('while zeros become more only the rate is looked at', async () => {
  const options = { ...run, epochs: 3, learningRate: 1, prune: { sparsity: 0.5 }, careful: true } as const;
  const { report } = await finetune(net, options);
  expect(report.careful).toMatchObject({ before: null, kept: null });
  expect(report.careful!.lowered.length).toBeGreaterThan(0);
  expect(report.kept).toBe(3);
  expect(report.sparsity!.sparsity).toBeCloseTo(0.5, 1);
});

test.each(['slower', 'step', 'epoch'] as const)(
  'a run that ends at its first %s goes on with the same bits',
  async (kind) => {
    const harsh = { ...run, epochs: 3, learningRate: 1, careful: true } as const;
    const whole = await finetune(net, harsh);
    expect(whole.report.careful!.lowered.length).toBeGreaterThan(0);
    const checkpoint = { path: join(folder, kind), resume: true, seconds: 0 };
    const end = new AbortController();
    const onEvent = ({ event }: TrainingEvent) => {
      if (event === kind) end.abort();
    };
    await expect(finetune(net, { ...harsh, checkpoint, onEvent, signal: end.signal })).rejects.toMatchObject({
      code: 'KPT_ABORTED',
    });
    const rest = await finetune(net, { ...harsh, checkpoint });
    expect(rest.model.toBytes()).toEqual(whole.model.toBytes());
    expect(rest.report.careful).toEqual(whole.report.careful);
  },
);

test('what is held out is the same each time, and never learnt from', async () => {
  const heldOut = new HeldOut(0.25, 7);
  const read = async () => {
    const rest: Lesson[] = [];
    for await (const lesson of heldOut.rest(data)) rest.push(lesson);
    return rest;
  };
  const [first, second] = [await read(), await read()];
  expect(second).toEqual(first);
  expect(first.length + heldOut.samples.length).toBe(data.length);
  expect(first.some((lesson) => heldOut.samples.includes(lesson))).toBe(false);
  expect(heldOut.samples.length).toBeGreaterThan(70);
});

test('bad options are refused', async () => {
  for (const careful of [{ heldOut: 0 }, { heldOut: 1 }, { share: 0.1 }, 5])
    await expect(finetune(net, { ...run, careful } as never)).rejects.toMatchObject({
      code: 'KPT_OPTION_INVALID',
    });
  const few = { ...run, batch: 1, data: data.slice(0, 2), careful: { heldOut: 0.0001 } };
  await expect(finetune(net, few)).rejects.toThrow('none of so few');
});
