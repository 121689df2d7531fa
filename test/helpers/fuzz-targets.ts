// What the fuzzer throws damaged files at: every reader of files that others made. A target is known by the ending of its
// files: test/fixtures/fuzz holds what was found, and test/e2e/fuzz.test.ts replays it.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadNpy } from '../../lib/data/npy-file.js';
import { parsePreprocess } from '../../lib/data/preprocess.js';
import { openFeeds } from '../../lib/data/source.js';
import { loadBaseline } from '../../lib/monitor/drift/baseline.js';
import { Journal as CompressJournal } from '../../lib/search/compress/journal.js';
import { loadRecipe } from '../../lib/search/compress/recipe.js';
import { Journal as TuneJournal } from '../../lib/search/tune/journal.js';
import { loadCheckpoint, requireSameSettings } from '../../lib/train/checkpoint.js';
import { checkpointBytes, npyBytes, sealed, wavBytes, zipBytes } from './data-bytes.js';
import { mutateBytes, oneOf, type Random } from './fuzz-random.js';
import { fuzzSeeds } from './fuzz-seeds.js';
import { mutateOnnx } from './mutate-onnx.js';
import { tryCache, validCache } from './plan-cache-target.js';
import { tfliteFile } from './tflite-file.js';
import { integerNet, movingNet } from './tflite-nets.js';
import { outcomeOf, tryModel } from './try-model.js';

export interface FuzzTarget {
  /** Valid files. */
  readonly seeds: readonly Uint8Array[];
  /** Where the ONNX backend cases are installed, they are seeds too. */
  readonly more?: () => readonly Uint8Array[];
  readonly mutate: (bytes: Uint8Array, random: Random) => Uint8Array;
  /** How far the bytes went: a word or an error code. Throws what should not have been thrown. */
  readonly run: (bytes: Uint8Array) => Promise<string>;
}

/** Reads a data file as `kompakt run --data KIND:FILE` would; at most eight samples. */
async function readSamples(data: string): Promise<string> {
  const input = { name: 'x', dtype: 'float32', dims: null } as const;
  let samples = 0;
  for await (const _ of openFeeds({ data, samples: 8 }, [input])) samples++;
  return samples === 0 ? 'empty' : 'read';
}

const inFolder =
  (name: string, read: (folder: string, path: string) => Promise<string>) =>
  (bytes: Uint8Array): Promise<string> =>
    outcomeOf(async () => {
      const folder = mkdtempSync(join(tmpdir(), 'kompakt-fuzz-'));
      try {
        const path = join(folder, name);
        writeFileSync(path, bytes);
        return await read(folder, path);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

const dataFile = (kind: string, seeds: readonly Uint8Array[]): FuzzTarget => ({
  seeds,
  mutate: mutateBytes,
  run: inFolder(`a.${kind}`, (_, path) => readSamples(`${kind}:${path}`)),
});

const npy = npyBytes('<f4', [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
const labels = npyBytes('<i8', [2], BigInt64Array.of(8n, 9n));

const idxBytes = (type: number, dims: readonly number[], width: number): Uint8Array => {
  const bytes = Buffer.alloc(4 + 4 * dims.length + width * dims.reduce((a, b) => a * b, 1));
  bytes.set([0, 0, type, dims.length]);
  dims.forEach((dim, i) => {
    bytes.writeUInt32BE(dim, 4 + 4 * i);
  });
  return bytes;
};

const jsonLines = (...lines: readonly unknown[]): Uint8Array =>
  Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

const recipe = {
  steps: [
    { method: 'prune', channels: { macs: 0.4 } },
    { method: 'distill', epochs: 3, optimizer: { name: 'adam' }, augment: { shift: 2 } },
    { method: 'quantize', calibrator: 'mse', perChannel: false },
  ],
  heldOut: { share: 0.2, seed: 1 },
};

const bins = { edges: [0, 1, 2], shares: [0, 0.5, 0.5, 0] };
const drifting = { name: 'x', mean: 1, deviation: 2, min: 0, max: 3, notFinite: 0, elements: bins };
const baseline = {
  ...{ format: 'kompakt drift baseline', version: 1, samples: 9, rows: true },
  inputs: [
    {
      ...drifting,
      ...{ means: bins, deviations: bins, range: { low: 0, high: 2, outside: 0.1 }, classes: null },
    },
  ],
  outputs: [
    {
      ...drifting,
      ...{ means: bins, deviations: bins, range: null, classes: { shares: [0.5, 0.5], confidence: bins } },
    },
  ],
};

const preprocess =
  '{"scale":0.0039,"mean":[0.5,0.4,0.3],"std":[0.5],"layout":"NHWC","color":"bgr","size":[8,9]}';

export const fuzzTargets: Readonly<Record<string, FuzzTarget>> = {
  onnx: {
    seeds: Object.values(fuzzSeeds),
    more: backendCases,
    mutate: mutateOnnx,
    run: tryModel,
  },
  tflite: {
    seeds: [tfliteFile(integerNet), tfliteFile(movingNet)],
    mutate: mutateBytes,
    run: tryModel,
  },
  npy: {
    ...dataFile('npy', [npy, npyBytes('>i2', [4], Int16Array.of(1, 2, 3, 4))]),
    run: inFolder('a.npy', async (_, path) => {
      await outcomeOf(async () => (await loadNpy(path)).type);
      return readSamples(`npy:${path}`);
    }),
  },
  npz: dataFile('npz', [
    zipBytes({ 'x.npy': npy, 'label.npy': labels }, true),
    zipBytes({ 'x.npy': npy, 'label.npy': labels }, false),
  ]),
  idx: dataFile('idx', [idxBytes(8, [2, 3, 4], 1), idxBytes(0x0d, [3, 2], 4)]),
  cifar: dataFile('cifar', [new Uint8Array(2 * 3073)]),
  wav: {
    seeds: [wavBytes(1, 16, 2, Buffer.alloc(64)), wavBytes(3, 32, 1, Buffer.alloc(64))],
    mutate: mutateBytes,
    run: inFolder('a.wav', (folder) => readSamples(`wav:${folder}`)),
  },
  safetensors: {
    seeds: [
      checkpointBytes(
        { format: 'kompakt', progress: '{"epoch":3}', settings: '{"seed":5}' },
        Float32Array.of(1, 2, 3),
      ),
    ],
    // With the digest made anew, changes reach what is behind it.
    mutate: (bytes, random) => sealed(mutateBytes(bytes, random)),
    run: inFolder('a.safetensors', async (_, path) => {
      const { settings } = (await loadCheckpoint(path))!;
      requireSameSettings('checkpoint', path, settings, settings);
      return 'read';
    }),
  },
  kpc: {
    seeds: [validCache()],
    mutate: mutateBytes,
    run: inFolder('a.kpc', async (_, path) => tryCache(path)),
  },
  recipe: {
    seeds: [jsonLines(recipe)],
    mutate: mutateBytes,
    run: inFolder('a.recipe', async (_, path) => {
      await loadRecipe(path);
      return 'read';
    }),
  },
  baseline: {
    seeds: [jsonLines(baseline)],
    mutate: mutateBytes,
    run: inFolder('a.baseline', async (_, path) => {
      await loadBaseline(path);
      return 'read';
    }),
  },
  compressed: {
    seeds: [
      jsonLines(
        { journal: 'kompakt compress', subject: { model: 'm' } },
        { key: 'a', words: 'b', finding: { failure: { code: 'c', message: 'd' }, seconds: 1 } },
      ),
    ],
    mutate: mutateBytes,
    run: inFolder('a.compressed', async (_, path) => {
      const journal = new CompressJournal(path, { model: 'm' });
      journal.add('n', 'o', { failure: { code: 'c', message: 'd' }, seconds: 1 });
      return 'read';
    }),
  },
  tuned: {
    seeds: [
      jsonLines(
        { journal: 'kompakt tune', subject: { model: 'm' } },
        { trial: 0, values: { learningRate: 0.1, loss: { name: 'a' } } },
        { trial: 0, point: { budget: 1, accuracy: 0.5, loss: 2, seconds: 3 } },
        { trial: 1, failure: { code: 'c', message: 'd' } },
      ),
    ],
    mutate: mutateBytes,
    run: inFolder('a.tuned', async (_, path) => {
      const journal = new TuneJournal(path, { model: 'm' });
      journal.begin(0, { learningRate: 0.1, loss: { name: 'a' } });
      journal.point(0, { budget: 2, accuracy: 0.5, loss: 2, seconds: 3 });
      return 'read';
    }),
  },
  json: {
    seeds: [Buffer.from(preprocess)],
    mutate: mutateBytes,
    run: (bytes) =>
      outcomeOf(() => {
        parsePreprocess(new TextDecoder().decode(bytes));
        return 'read';
      }),
  },
};

/** Small models of the ONNX backend tests (Debian: libonnx-testdata): every operator of the standard. */
function backendCases(): readonly Uint8Array[] {
  const root = '/usr/share/libonnx-testdata/data';
  try {
    return readdirSync(root).flatMap((kind) =>
      readdirSync(join(root, kind))
        .map((name) => join(root, kind, name, 'model.onnx'))
        .filter((path) => (statSync(path, { throwIfNoEntry: false })?.size ?? Infinity) < 4096)
        .map((path) => readFileSync(path)),
    );
  } catch {
    return [];
  }
}

/** A changed file: mostly of the small seeds that hold every part of a file, every fourth of the other ones. */
export function mutated(target: FuzzTarget, random: Random, more: readonly Uint8Array[]): Uint8Array {
  const seeds = more.length > 0 && random(4) === 0 ? more : target.seeds;
  return target.mutate(oneOf(seeds, random), random);
}
