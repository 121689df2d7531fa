// Runs graphs with onnxruntime-node: the executor for calibration in tests and the other side of comparisons.
import { InferenceSession } from 'onnxruntime-node';
import type { Executor } from '../../lib/calibrate/collect.js';
import type { Graph } from '../../lib/graph/graph.js';
import { Model } from '../../lib/model/model.js';
import { type TensorValue, tensor } from '../../lib/tensor/tensor.js';
import { ortTensor } from './ort-tensor.js';

export async function onnxruntimeExecutor(
  graph: Graph,
  options: InferenceSession.SessionOptions = {},
): Promise<Executor> {
  const session = await InferenceSession.create(new Model(graph).toBytes(), {
    logSeverityLevel: 3,
    ...options,
  });
  return async (feeds) => {
    const wanted = new Set(session.inputNames);
    const inputs = Object.fromEntries(
      [...feeds].filter(([name]) => wanted.has(name)).map(([name, value]) => [name, ortTensor(value)]),
    );
    const outputs = await session.run(inputs);
    return new Map<string, TensorValue>(
      Object.entries(outputs).map(([name, t]) => [
        name,
        tensor(t.type as 'float32', t.dims, t.data as Float32Array),
      ]),
    );
  };
}
