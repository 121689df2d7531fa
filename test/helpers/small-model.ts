// Small models around one input `x` for tests of the loader, and the code with which a load fails.
import { isKompaktError } from '../../lib/errors.js';
import { Model } from '../../lib/model/model.js';
import { type FileNode, type FileOptions, onnxFile, ramp } from './onnx-file.js';

export const x = { x: ramp('float32', [2, 3]) };

export const relu = (from: string, to: string): FileNode => ({ op: 'Relu', inputs: [from], outputs: [to] });

/** A model with input x and output y. */
export const file = (nodes: readonly FileNode[], rest: Partial<FileOptions> = {}) =>
  onnxFile({ opset: 18, inputs: x, nodes, outputs: { y: 'float32' }, ...rest });

/** The code of the error that loading ends with; 'none' when it works. */
export function codeOf(bytes: Uint8Array): string {
  try {
    Model.loadSync(bytes);
  } catch (error) {
    if (isKompaktError(error)) return error.code;
    throw error;
  }
  return 'none';
}
