// What every operator definition must keep to, and the list must list.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { opKey } from '../../lib/graph/graph.js';
import { ops } from '../../lib/ops/index.js';
import type { OpDef } from '../../lib/ops/op.js';

const folder = join(__dirname, '../../lib/ops');
const notOperators = new Set([
  'common.ts',
  'host.ts',
  'index.ts',
  'moving-steps.ts',
  'op.ts',
  'rare.ts',
  'steps.ts',
  'storage.ts',
  'training-steps.ts',
]);
const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && !notOperators.has(name));
const lists = ['common.ts', 'rare.ts'].map((name) => readFileSync(join(folder, name), 'utf8'));

const all: readonly (readonly [string, OpDef])[] = [...ops];

test('one file per operator, one operator per file', () => {
  expect(all.length).toBe(files.length);
  for (const name of files) expect(lists.join('')).toContain(`'./${name.replace(/\.ts$/, '.js')}'`);
});

test('no operator is listed twice', () => {
  const names = lists.flatMap((list) =>
    list
      .slice(list.indexOf(' [\n'), list.indexOf('];'))
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line.endsWith(',')),
  );
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBe(all.length);
});

test.each(all)('%s', (key, def) => {
  expect(opKey(def)).toBe(key);
  expect(['', 'com.microsoft', 'ai.kompakt', 'ai.onnx.preview.training']).toContain(def.domain);
  expect(Object.isFrozen(def)).toBe(true);
  expect(def.since).toBeGreaterThanOrEqual(1);
  for (const [minimum, maximum] of [def.inputs, def.outputs]) {
    expect(minimum).toBeGreaterThanOrEqual(0);
    expect(maximum).toBeGreaterThanOrEqual(minimum);
  }
  for (const spec of Object.values(def.attributes)) {
    const fallback = spec.default;
    if (fallback === undefined || fallback === null) continue;
    const kinds: Record<string, string> = { int: 'number', float: 'number', string: 'string' };
    if (spec.type in kinds) expect(typeof fallback).toBe(kinds[spec.type]);
    if (spec.type === 'int') expect(Number.isInteger(fallback)).toBe(true);
    if (spec.type.endsWith('s')) expect(Array.isArray(fallback)).toBe(true);
  }
  if (def.quantize.kind === 'float') expect(def.quantize.why.length).toBeGreaterThan(8);
  if ('notDifferentiable' in def.gradient) expect(def.gradient.notDifferentiable.length).toBeGreaterThan(8);
});
