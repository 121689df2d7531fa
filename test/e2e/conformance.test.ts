// ONNX backend test cases (Debian's libonnx-testdata) through the public interface: every seventh of the node family, those
// of Gradient, and all of those exported by PyTorch. `npm run conformance` runs the rest, beside onnxruntime.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { InferenceSession, Tensor } from '../../lib/index.js';
import type { TensorProto } from '../../lib/onnx/schema.js';
import { readTensor } from '../../lib/onnx/tensor-proto.js';
import { type TensorValue, tensor, toNumbers } from '../../lib/tensor/tensor.js';

const folder = process.env.KOMPAKT_ONNX_TESTDATA ?? '/usr/share/libonnx-testdata/data';

/** Where the case and its data disagree, and why. */
const disagreeing: Readonly<Record<string, string>> = {
  test_adam_multiple: 'the data were made with an epsilon that the model does not have',
  test_resize_downsample_scales_cubic_align_corners: 'ONNX and its data disagree on fractional sizes',
  test_resize_downsample_scales_linear_align_corners: 'ONNX and its data disagree on fractional sizes',
};

const casesOf = (family: string): string[] =>
  existsSync(join(folder, family))
    ? readdirSync(join(folder, family))
        .sort()
        .map((name) => join(family, name))
    : [];

const all = [
  ...casesOf('node').filter((_, i) => i % 7 === 0),
  ...casesOf('simple').filter((path) => path.includes('gradient')),
  ...casesOf('pytorch-converted'),
  ...casesOf('pytorch-operator'),
].filter((path) => !(path.split('/')[1]! in disagreeing));

const tensorMessage = protobuf.parse(`
syntax = "proto2";
message Tensor {
  repeated int64 dims = 1; optional int32 data_type = 2;
  repeated float float_data = 4 [packed = true]; repeated int32 int32_data = 5 [packed = true];
  repeated bytes string_data = 6; repeated int64 int64_data = 7 [packed = true]; optional bytes raw_data = 9;
  repeated double double_data = 10 [packed = true]; repeated uint64 uint64_data = 11 [packed = true];
}`).root;

const noExternal = (): never => {
  throw new Error('cases have no external data');
};

function valuesIn(path: string, kind: 'input' | 'output'): TensorValue[] {
  const data = join(folder, path, 'test_data_set_0');
  const count = readdirSync(data).filter((file) => file.startsWith(`${kind}_`)).length;
  return Array.from({ length: count }, (_, i) => {
    const bytes = readFileSync(join(data, `${kind}_${i}.pb`));
    const proto = tensorMessage.lookupType('Tensor').decode(bytes) as unknown as TensorProto;
    return readTensor(proto, `${kind} ${i}`, noExternal);
  });
}

const random = /bernoulli|training_dropout/;

async function check(path: string): Promise<void> {
  const session = await InferenceSession.create(join(folder, path, 'model.onnx'));
  try {
    const feeds = valuesIn(path, 'input').map(({ dtype, data, dims }, i) => [
      session.inputNames[i]!,
      new Tensor(dtype as 'float32', data as never, dims),
    ]);
    const results = await session.run(Object.fromEntries(feeds));
    valuesIn(path, 'output').forEach((wanted, i) => {
      const got = results[session.outputNames[i]!] as Tensor;
      expect([got.type, ...got.dims]).toEqual([wanted.dtype, ...wanted.dims]);
      if (random.test(path)) return;
      if (wanted.dtype === 'string') {
        expect(got.data).toEqual(wanted.data);
        return;
      }
      const actual = toNumbers(tensor(wanted.dtype, wanted.dims, got.data as never));
      toNumbers(wanted).forEach((v, k) => {
        const a = actual[k]!;
        if (!Object.is(a, v) && a !== v && !(Math.abs(a - v) <= 1e-6 + 1e-3 * Math.abs(v)))
          throw new Error(`Output ${i} at ${k}: ${a} is not near ${v}.`);
      });
    });
  } finally {
    await session.release();
  }
}

const plain = (path: string): boolean => !/sequence|optional|_opt|_seq|BFLOAT16/.test(path);

if (all.length === 0)
  test.skip(`no ONNX test data at ${folder}: install libonnx-testdata or set KOMPAKT_ONNX_TESTDATA`, () => {});
else test.each(all.filter(plain))('%s', check);
