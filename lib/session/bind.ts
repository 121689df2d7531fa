// bind(): buffers fixed once, so that a step makes no JavaScript object.
import { Tensor } from 'onnxruntime-common';
import { expected, KompaktError } from '../errors.js';
import type { ValueInfo } from '../graph/graph.js';
import type { TensorType } from '../ops/op.js';
import type { GraphRunner } from '../run/runner.js';
import { type DType, dtypes, type TypedArray } from '../tensor/dtype.js';
import { allocate } from '../tensor/tensor.js';
import { type TensorLike, toValue } from './feeds.js';

export interface Bindings {
  /** A Tensor per input, or a typed array where the model declares every dimension. */
  readonly inputs: Readonly<Record<string, Tensor | TypedArray>>;
  /** Tensors or typed arrays to be filled; outputs that are left out get memory of their own (see BoundStep.outputs). */
  readonly outputs?: Readonly<Record<string, Tensor | TypedArray>>;
}

export interface BoundStep {
  /** Copies the bound inputs in, computes, fills the bound outputs. Throws KPT_BUFFER_INVALID when a buffer was detached. */
  (): void;
  readonly outputs: Readonly<Record<string, Tensor>>;
}

export function bindSession(
  bindings: Bindings,
  inputs: readonly ValueInfo[],
  outputNames: readonly string[],
  runner: GraphRunner,
): BoundStep {
  const values = inputs.map((info) => toValue(asTensor(bindings.inputs[info.name], info), info, new Map()));
  const types = new Map<string, TensorType>(
    inputs.map((info, i) => [info.name, { dtype: values[i]!.dtype, dims: values[i]!.dims }]),
  );
  const ready = runner.dedicated(types);
  const { plan } = ready;
  if (plan.cut !== undefined || plan.schedule.some((item) => item.kind === 'host'))
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      'bind() needs a model whose operators all run natively for this shape; see `kompakt inspect`, or use run().',
    );
  const outputs: Record<string, Tensor> = {};
  const outputIds: number[] = [];
  for (const name of outputNames) {
    const location = plan.locations.get(name)!;
    if (location.buffer === undefined)
      throw new KompaktError(
        'KPT_OPTION_INVALID',
        `Output "${name}" is constant and cannot be bound; use run().`,
      );
    outputs[name] = outputTensor(bindings.outputs?.[name], location.type, name);
    outputIds.push(location.buffer);
  }
  const bound = inputs
    .map((info, i) => ({
      id: plan.locations.get(info.name)!.buffer,
      view: values[i]!.data as TypedArray,
      info,
    }))
    .filter((entry) => entry.id !== undefined);
  const step = ready.native.bind(
    bound.map((entry) => entry.id!),
    bound.map((entry) => entry.view),
    outputIds,
    outputNames.map((name) => outputs[name]!.data as TypedArray),
  );
  if (typeof step === 'string') throw new KompaktError('KPT_BUFFER_INVALID', step);
  const call = (): void => {
    const status = step();
    if (status !== undefined)
      throw new KompaktError(
        'KPT_BUFFER_INVALID',
        'A bound buffer was detached or resized since it was bound.',
      );
  };
  return Object.assign(call, { outputs });
}

function asTensor(bound: Tensor | TypedArray | undefined, info: ValueInfo): TensorLike {
  if (bound === undefined)
    throw new KompaktError('KPT_INPUT_MISSING', `Input "${info.name}" was not bound.`, { input: info.name });
  if (!ArrayBuffer.isView(bound)) return bound as TensorLike;
  if (info.dims === null || info.dims.some((d) => typeof d !== 'number'))
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      expected('a Tensor with its dims', `input "${info.name}" of dynamic shape`, bound),
    );
  return { type: info.dtype, dims: info.dims as readonly number[], data: bound };
}

function outputTensor(bound: Tensor | TypedArray | undefined, type: TensorType, name: string): Tensor {
  const data =
    bound === undefined ? allocate(type.dtype, type.dims) : ArrayBuffer.isView(bound) ? bound : bound.data;
  const array = dtypes[type.dtype].array!;
  const size = type.dims.reduce((a, b) => a * b, 1);
  if (!(data instanceof array) || data.length !== size)
    throw new KompaktError(
      'KPT_BUFFER_INVALID',
      expected(`${array.name} of ${size} elements`, `output "${name}"`, bound),
    );
  return new Tensor(type.dtype as Exclude<DType, 'bfloat16'>, data as never, type.dims);
}
