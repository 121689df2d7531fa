// Upgrades against onnxruntime: an old file and the same file raised by kompakt give the same outputs.
import { verify } from '../../lib/graph/verify.js';
import { Model } from '../../lib/model/model.js';
import { type FileNode, type FileOptions, onnxFile, ramp, runInOrt } from './onnx-file.js';

export interface Case {
  readonly name: string;
  readonly file: FileOptions;
  /** Operators of the raised graph. */
  readonly ops: readonly string[];
}

export const x234 = { x: ramp('float32', [2, 3, 4]) };

/** A test of one node, by default on input x [2,3,4]. */
export function oneNode(
  name: string,
  opset: number,
  ops: readonly string[],
  node: Omit<FileNode, 'outputs' | 'inputs'> & { outputs?: readonly string[]; inputs?: readonly string[] },
  rest: Partial<FileOptions> = {},
): Case {
  const outputs = node.outputs ?? ['y'];
  return {
    name: `${name} (opset ${opset})`,
    ops,
    file: {
      opset,
      inputs: x234,
      nodes: [{ inputs: ['x'], ...node, outputs }],
      outputs: Object.fromEntries(outputs.map((output) => [output, 'float32'])),
      ...rest,
    },
  };
}

/** Runs old and raised form of every case. */
export function testUpgrades(cases: readonly Case[]): void {
  test.each(cases)('$name', async ({ file, ops }) => {
    const old = onnxFile(file);
    const model = await Model.load(old);
    verify(model.graph);
    expect(model.graph.opsets['']).toBe(18);
    expect(model.graph.nodes.map((node) => node.op)).toEqual(ops);
    const feeds = file.inputs ?? {};
    expect(await runInOrt(model.toBytes(), feeds)).toEqual(await runInOrt(old, feeds));
  });
}
