// A training process that is killed (SIGKILL) again and again, and resumed each time, writes the file of one that never was.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { folder } from '../helpers/data-files.js';
import { pictureFiles } from '../helpers/pictures.js';

const data = pictureFiles(join(folder, 'train'), 480, 1);
const main = join(__dirname, '../../dist/cli/main.js');
const epochs = 12;

/** Options besides; the state of observers is resumed too, on both sides of the step at which they freeze, and so are masks. */
const forms: Readonly<Record<string, readonly string[]>> = {
  float32: ['--patience', '50'],
  'learned step sizes': ['--weight-bits', '4', '--act-bits', '4', '--method', 'lsq', '--patience', '50'],
  'observed ranges': ['--weight-bits', '2', '--act-bits', '8', '--method', 'ste', '--patience', '50'],
  'pruned, with few bits': ['--sparsity', '0.8', '--weight-bits', '4', '--act-bits', '8'],
};

function start(name: string, form: string): ChildProcess {
  const line = [
    'finetune',
    'preset:small-vgg',
    '--width',
    '0.125',
    '--classes',
    '4',
    '--input',
    '1,8,8',
    '--seed',
    '3',
  ];
  const recipe = ['--epochs', String(epochs), '--batch', '16', '--threads', '1', '--optimizer', 'adam'];
  const random = ['--augment', '{"shift":1,"noise":0.1}', '--preprocess', '{"scale":0.004}'];
  const files = [
    '--data',
    data,
    '--eval',
    data,
    '--log',
    logOf(name),
    '-o',
    join(folder, `${name}.onnx`),
    '--resume',
  ];
  return spawn(process.execPath, [main, ...line, ...recipe, ...random, ...forms[form]!, ...files], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

const logOf = (name: string): string => join(folder, `${name}.jsonl`);

const events = (name: string): readonly { event: string; step?: number; epoch?: number }[] =>
  existsSync(logOf(name))
    ? readFileSync(logOf(name), 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line))
    : [];

/** Kills the process as soon as it has done `count` events of a kind, in all runs together. */
async function killAfter(name: string, form: string, kind: string, count: number): Promise<void> {
  const child = start(name, form);
  const ended = once(child, 'exit');
  while (child.exitCode === null && events(name).filter(({ event }) => event === kind).length < count)
    await sleep(5);
  child.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
}

test.each(Object.keys(forms))(
  'killed four times, the file has the same bytes: %s',
  async (form) => {
    const [whole, killed] = ['whole', 'killed'].map((name) => `${form}-${name}`) as [string, string];
    expect(await once(start(whole, form), 'exit')).toEqual([0, null]);
    // In the first epoch, at the end of one (while the checkpoint is written), and in the middle of later ones.
    await killAfter(killed, form, 'step', 7);
    await killAfter(killed, form, 'epoch', 2);
    await killAfter(killed, form, 'step', 150);
    await killAfter(killed, form, 'epoch', 7);
    expect(await once(start(killed, form), 'exit')).toEqual([0, null]);
    const resumed = events(killed).filter(({ event }) => event === 'resume');
    expect(resumed.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...resumed.map(({ step }) => step!))).toBeGreaterThan(100);
    const [expected, written] = [whole, killed].map((name) => readFileSync(join(folder, `${name}.onnx`)));
    expect(Buffer.compare(expected!, written!)).toBe(0);
    expect(existsSync(join(folder, `${killed}.onnx.checkpoint`))).toBe(false);
  },
  180_000,
);
