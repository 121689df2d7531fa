// Hostile files: what the fuzzer has found stays fixed, and some fresh changes of valid files end in a result or in a
// KompaktError that blames the file. npm run fuzz goes on for as long as it is told.
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { randomOf } from '../helpers/fuzz-random.js';
import { fuzzSeeds } from '../helpers/fuzz-seeds.js';
import { fuzzTargets, mutated } from '../helpers/fuzz-targets.js';
import { tryModel } from '../helpers/try-model.js';

const findings = join(__dirname, '../fixtures/fuzz');

test.each(Object.keys(fuzzSeeds))('the seed "%s" is a model that runs', async (name) => {
  expect(await tryModel(fuzzSeeds[name]!)).toBe('ran');
});

test.each(Object.entries(fuzzTargets))('the seeds of %s are valid', async (_, { seeds, run }) => {
  for (const seed of seeds) expect(['ran', 'read']).toContain(await run(seed));
});

// What the native fuzzer finds is replayed by the native tests.
test.each(readdirSync(findings).filter((name) => extname(name) !== ''))('%s stays fixed', async (name) => {
  const target = fuzzTargets[extname(name).slice(1)]!;
  expect(await target.run(readFileSync(join(findings, name)))).toEqual(expect.any(String));
});

/** What changes of each target must reach: success, and every stage at which a file is refused. */
const reached: Readonly<Record<string, readonly string[]>> = {
  onnx: ['ran', 'KPT_ONNX_MALFORMED', 'KPT_GRAPH_INVALID', 'KPT_SHAPE_MISMATCH'],
  tflite: ['ran', 'KPT_TFLITE_MALFORMED', 'KPT_TFLITE_UNSUPPORTED'],
  json: ['KPT_OPTION_INVALID'],
  recipe: ['KPT_OPTION_INVALID'],
  baseline: ['KPT_BASELINE_INVALID'],
  kpc: ['anew'],
};

test.each(Object.keys(fuzzTargets))('changed files never end in another error: %s', async (name) => {
  const target = fuzzTargets[name]!;
  const random = randomOf(20261122);
  const outcomes = new Set<string>();
  for (let i = 0; i < (name === 'onnx' ? 300 : 100); i++)
    outcomes.add(await target.run(mutated(target, random, [])));
  for (const outcome of reached[name] ?? ['read', 'KPT_DATA_MALFORMED']) expect(outcomes).toContain(outcome);
});
