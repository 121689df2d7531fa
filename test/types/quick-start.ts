// A program written for onnxruntime-node: classify with a model from a file, in the way of its quick start.
import * as ort from 'onnxruntime-node';

async function main(modelPath: string): Promise<void> {
  const session = await ort.InferenceSession.create(modelPath);
  const data = Float32Array.from({ length: 3 * 48 * 96 }, (_, i) => Math.sin(i / 7));
  const tensor = new ort.Tensor('float32', data, [1, 3, 48, 96]);
  const feeds: Record<string, ort.Tensor> = { [session.inputNames[0]!]: tensor };
  const results = await session.run(feeds);
  const output = results[session.outputNames[0]!]!;
  console.log(output.type, output.dims, output.size, output.location);
  console.log(Array.from((await output.getData()) as Float32Array, (x) => x.toFixed(3)));
  output.dispose();
  await session.release();
}

await main(process.env.MODEL_DIRECTION!);
