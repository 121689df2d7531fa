// bind(): buffers fixed once, so that a step makes no JavaScript object.
import type { Tensor } from 'onnxruntime-common';
import { expected, KompaktError } from '../errors.js';
import type { ValueInfo } from '../graph/graph.js';
import type { TensorType } from '../ops/op.js';
import type { GraphRunner } from '../run/runner.js';
import { checkStep } from '../run/stretch.js';
import { dtypes, type TypedArray } from '../tensor/dtype.js';
import { own } from '../tensor/own.js';
import { allocate, storedAs } from '../tensor/tensor.js';
import { checkNames, feedValues, sessionReleased, type TensorLike, toTensor } from './feeds.js';

export interface Bindings {
  /** A Tensor per input, or a typed array where the model declares every dimension. */
  readonly inputs: Readonly<Record<string, Tensor | TypedArray>>;
  /** Tensors or typed arrays to be filled; outputs that are left out get memory of their own (see BoundStep.outputs). */
  readonly outputs?: Readonly<Record<string, Tensor | TypedArray>>;
}

export interface BoundStep {
  /** Copies the bound inputs in, computes, fills the bound outputs. Throws KPT_BUFFER_INVALID when a buffer was detached,
   *  KPT_SESSION_RELEASED after release(), KPT_DATA_MALFORMED when an index in an input is out of range. */
  (): void;
  readonly outputs: Readonly<Record<string, Tensor>>;
}

export function bindSession(
  bindings: Bindings,
  inputs: readonly ValueInfo[],
  outputNames: readonly string[],
  runner: GraphRunner,
): BoundStep {
  if (typeof bindings?.inputs !== 'object' || bindings.inputs === null)
    throw new KompaktError('KPT_INPUT_MISSING', expected('an object of inputs', 'bind()', bindings?.inputs));
  const inputNames = inputs.map(({ name }) => name);
  checkNames('input', Object.keys(bindings.inputs), inputNames);
  checkNames('output', Object.keys(bindings.outputs ?? {}), outputNames);
  const tensors = inputs.map((info) => [info.name, asTensor(own(bindings.inputs, info.name), info)]);
  const values = feedValues(Object.fromEntries(tensors), inputs);
  const types = new Map<string, TensorType>(
    [...values].map(([name, { dtype, dims }]) => [name, { dtype, dims }]),
  );
  const ready = runner.dedicated(types);
  const { plan } = ready;
  if (plan.cut !== undefined || plan.schedule.some((item) => item.kind === 'host'))
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      'bind() needs a model whose operators all run natively for this shape; see `kompakt inspect`, or use run().',
    );
  const outputs: [string, Tensor][] = [];
  const outputIds: number[] = [];
  const outputViews: TypedArray[] = [];
  for (const name of outputNames) {
    const location = plan.locations.get(name)!;
    if (location.known !== undefined || location.buffer === undefined)
      throw new KompaktError(
        'KPT_OPTION_INVALID',
        `Output "${name}" is constant and cannot be bound; use run().`,
      );
    const view = outputView(own(bindings.outputs ?? {}, name), location.type, name);
    outputs.push([name, toTensor({ ...location.type, data: view })]);
    outputViews.push(view);
    outputIds.push(location.buffer);
  }
  const bound = inputs
    .map(({ name }) => ({
      id: plan.locations.get(name)!.buffer,
      view: values.get(name)!.data as TypedArray,
    }))
    .filter((entry) => entry.id !== undefined);
  const step = ready.native.bind(
    bound.map((entry) => entry.id!),
    bound.map((entry) => entry.view),
    outputIds,
    outputViews,
  );
  if (typeof step === 'string') throw new KompaktError('KPT_BUFFER_INVALID', step);
  ready.step = step;
  const call = (): void => {
    if (ready.step === undefined) throw sessionReleased();
    checkStep(ready, ready.step());
  };
  return Object.assign(call, { outputs: Object.fromEntries(outputs) });
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

function outputView(bound: Tensor | TypedArray | undefined, type: TensorType, name: string): TypedArray {
  const given = ArrayBuffer.isView(bound) ? bound : (bound?.data as TypedArray | undefined);
  const data = given === undefined ? allocate(type.dtype, type.dims) : storedAs(type.dtype, given);
  const array = dtypes[type.dtype].array!;
  const size = type.dims.reduce((a, b) => a * b, 1);
  if (!(data instanceof array) || data.length !== size)
    throw new KompaktError(
      'KPT_BUFFER_INVALID',
      expected(`${array.name} of ${size} elements`, `output "${name}"`, bound),
    );
  return data;
}
