// A program written for onnxruntime-node: options, metadata, chosen outputs, buffers and namespaced types.
import { readFile } from 'node:fs/promises';
import { env, InferenceSession, listSupportedBackends, type OnnxValue, Tensor } from 'onnxruntime-node';

const options: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all',
  enableCpuMemArena: true,
  enableMemPattern: true,
  executionMode: 'sequential',
  logId: 'options',
  logSeverityLevel: 3,
  freeDimensionOverrides: { batch: 1 },
  extra: { session: { set_denormal_as_zero: '1' } },
};
const runOptions: InferenceSession.RunOptions = { logSeverityLevel: 3, tag: 'run' };

env.logLevel = 'error';
console.log(listSupportedBackends().some((backend) => backend.name === 'cpu'));

function describe(values: readonly InferenceSession.ValueMetadata[]): string[] {
  return values.map((v) => (v.isTensor ? `${v.name}: ${v.type}[${v.shape.join(',')}]` : v.name));
}

const bytes = await readFile(process.env.MODEL_WORD!);
const session: InferenceSession = await InferenceSession.create(bytes, options);
console.log(describe(session.inputMetadata), describe(session.outputMetadata));

const input: Tensor = new Tensor(
  Float32Array.from({ length: 1536 }, (_, i) => Math.cos(i)),
  [1, 16, 96],
);
const feeds: InferenceSession.FeedsType = { [session.inputNames[0]!]: input };
const [name] = session.outputNames as [string];
const all: InferenceSession.ReturnType = await session.run(feeds, runOptions);
const chosen = await session.run(feeds, [name], runOptions);
const filled = await session.run(feeds, { [name]: null });
for (const result of [all, chosen, filled]) {
  const value: OnnxValue = result[name]!;
  console.log(Object.keys(result), (value as Tensor).dims, ((value as Tensor).data[0] as number).toFixed(4));
}

const slice = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
const second = await InferenceSession.create(slice, 0, slice.byteLength, options);
console.log(((await second.run(feeds))[name]!.data[0] as number).toFixed(4));

for (const bad of [{}, { [session.inputNames[0]!]: new Tensor('int32', [1], [1]) }])
  await session.run(bad as InferenceSession.FeedsType).then(
    () => console.log('accepted'),
    (error: unknown) => console.log(error instanceof Error),
  );
await Promise.all([session.release(), second.release()]);
