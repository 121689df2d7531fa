// Hostile files: what the fuzzer has found stays fixed, and some fresh changes of valid models end in a result or in a
// KompaktError that blames the file. npm run fuzz goes on for as long as it is told.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fuzzSeeds } from '../helpers/fuzz-seeds.js';
import { mutateOnnx, randomOf } from '../helpers/mutate-onnx.js';
import { tryModel } from '../helpers/try-model.js';

const findings = join(__dirname, '../fixtures/fuzz');

test.each(Object.keys(fuzzSeeds))('the seed "%s" is a model that runs', (name) => {
  expect(tryModel(fuzzSeeds[name]!)).toBe('ran');
});

test.each(readdirSync(findings).filter((name) => name.endsWith('.onnx')))('%s stays fixed', (name) => {
  expect(() => tryModel(readFileSync(join(findings, name)))).not.toThrow();
});

test('changed files never end in another error', () => {
  const random = randomOf(20261122);
  const seeds = Object.values(fuzzSeeds);
  const outcomes = new Set<string>();
  for (let i = 0; i < 300; i++) outcomes.add(tryModel(mutateOnnx(seeds[i % seeds.length]!, random)));
  // The changes reach every stage.
  for (const outcome of ['ran', 'KPT_ONNX_MALFORMED', 'KPT_GRAPH_INVALID', 'KPT_SHAPE_MISMATCH'])
    expect(outcomes).toContain(outcome);
});
