// Plans of whole models, FP32, INT8 as kompakt quantises them and binary, written as dumps (plan-dump.ts) for every test that asks
// whether all CPUs compute the same bytes.
import { join } from 'node:path';
import { quantize } from '../../lib/compress/quantize-model.js';
import type { Graph } from '../../lib/graph/graph.js';
import { Tensor } from '../../lib/index.js';
import { Model } from '../../lib/model/model.js';
import { prepareForRun } from '../../lib/passes/pipeline.js';
import { f32, type TensorValue } from '../../lib/tensor/tensor.js';
import { lfc, vgg } from './binary-nets.js';
import { extraModels, npmModels } from './models.js';
import { dumpPlan } from './plan-dump.js';

/** Small enough for an emulator, and together they use nearly every kernel. */
const shapesOf: Readonly<Record<string, readonly number[]>> = {
  'PP-OCRv4 detection': [1, 3, 64, 96],
  'PP-OCRv4 recognition': [1, 3, 48, 64],
  'PP-OCR direction': [1, 3, 48, 100],
  'openWakeWord embedding': [1, 76, 32, 1],
  alexa: [1, 16, 96],
  'ResNet-8': [1, 3, 32, 32],
  'DS-CNN': [1, 1, 49, 10],
  'ResNet-20': [1, 3, 32, 32],
};

export interface DumpedModel {
  readonly name: string;
  readonly path: string;
}

/** Values that are the same everywhere: integer arithmetic only. */
function values(dims: readonly number[], seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 24) / 128 - 1;
  });
}

/** Writes the dumps into a folder. Models of the shared data are left out where it is absent. */
export async function dumpModels(folder: string): Promise<readonly DumpedModel[]> {
  const dumped: DumpedModel[] = [];
  for (const graph of [lfc(), vgg()]) {
    const dims = [2, 1, 28, 28];
    const path = join(folder, `${graph.name}-binary`);
    dumpPlan(path, prepareForRun(graph), new Map([['image', f32(dims, values(dims, 4))]]));
    dumped.push({ name: `${graph.name} binary`, path });
  }
  for (const { name, path } of [...npmModels, ...extraModels]) {
    const dims = shapesOf[name];
    if (path === null || dims === undefined) continue;
    const model = await Model.load(path);
    const input = model.graph.inputs[0]!.name;
    const dump = (kind: string, graph: Graph): void => {
      const file = join(folder, `${name.replaceAll(' ', '-')}-${kind}`);
      const feeds = new Map<string, TensorValue>([[input, f32(dims, values(dims, 1))]]);
      dumpPlan(file, prepareForRun(graph), feeds);
      dumped.push({ name: `${name} ${kind}`, path: file });
    };
    dump('FP32', model.graph);
    const data = [2, 3].map((seed) => ({ [input]: new Tensor('float32', values(dims, seed), dims) }));
    dump('INT8', (await quantize(model, { data, calibrator: 'min-max' })).model.graph);
  }
  return dumped;
}
