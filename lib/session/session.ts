// InferenceSession: the interface of onnxruntime-common over the native engine, plus runSync(), bind(), describe() and
// memory(). run() computes off the JavaScript thread; runs of one session are served in the order of their calls.
import { isAnyArrayBuffer } from 'node:util/types';
import type { InferenceSession as Ort, Tensor } from 'onnxruntime-common';
import { expected, KompaktError, requireArgument } from '../errors.js';
import type { ValueInfo } from '../graph/graph.js';
import { Model } from '../model/model.js';
import { requireModel } from '../model/require-model.js';
import type { TensorType } from '../ops/op.js';
import { prepareForRun } from '../passes/pipeline.js';
import { Engine } from '../run/engine.js';
import { preload } from '../run/native.js';
import type { Targets } from '../run/run.js';
import { GraphRunner } from '../run/runner.js';
import type { TypedArray } from '../tensor/dtype.js';
import { own } from '../tensor/own.js';
import { storedAs, type TensorValue } from '../tensor/tensor.js';
import { lookAcrossRows } from './across-rows.js';
import { type Bindings, type BoundStep, bindSession } from './bind.js';
import { cachePlace } from './cache-place.js';
import { type Description, describePlan } from './describe.js';
import { checkNames, feedValues, sessionReleased, toResult } from './feeds.js';
import { type Fetches, fill, namesOf, splitArguments, targetOf } from './fetches.js';
import { holdModel } from './held-model.js';
import { KnownPlans } from './known-plans.js';
import { ModelSource } from './model-source.js';
import { type CheckedOptions, checkOptions, type RunOptions, type SessionOptions } from './options.js';
import type { Signature } from './plan-cache.js';
import { type OperatorTime, Profiler } from './profile.js';
import { metadataOf, type ValueMetadata } from './value-metadata.js';

preload();

export class InferenceSession implements Ort {
  // What errors call it: bundling shortens the names of classes.
  static {
    Object.defineProperty(InferenceSession, 'name', { value: 'InferenceSession' });
  }

  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly ValueMetadata[];
  readonly outputMetadata: readonly ValueMetadata[];

  private readonly inputs: readonly ValueInfo[];
  private readonly profiler: Profiler;
  private queue: Promise<unknown> = Promise.resolve();
  private released = false;

  private constructor(
    { inputs, outputs }: Signature,
    private readonly engine: Engine,
    private readonly runner: GraphRunner,
    options: CheckedOptions,
    private readonly closeSource: () => void = () => {},
  ) {
    this.inputs = inputs.map((input) => overrideDims(input, options.freeDimensions));
    this.inputNames = inputs.map((v) => v.name);
    this.outputNames = outputs.map((v) => v.name);
    this.inputMetadata = this.inputs.map(metadataOf);
    this.outputMetadata = outputs.map(metadataOf);
    this.profiler = new Profiler(runner);
    if (options.profile) this.profiler.start();
  }

  /** Loads a model from a path or from bytes. */
  static create(path: string, options?: SessionOptions): Promise<InferenceSession>;
  static create(buffer: ArrayBufferLike | Uint8Array, options?: SessionOptions): Promise<InferenceSession>;
  static create(
    buffer: ArrayBufferLike,
    byteOffset: number,
    byteLength?: number,
    options?: SessionOptions,
  ): Promise<InferenceSession>;
  static async create(
    source: string | ArrayBufferLike | Uint8Array,
    second?: number | SessionOptions,
    byteLength?: number,
    last?: SessionOptions,
  ): Promise<InferenceSession> {
    // Only an ArrayBuffer is taken in parts; what else a number is given with has no use for it, and options are no number.
    const isPart = typeof second === 'number' && isAnyArrayBuffer(source);
    const options = isPart ? last : second;
    const input = typeof source === 'string' ? source : bytesOf(source, isPart ? second : 0, byteLength);
    const checked = checkOptions(options as SessionOptions | undefined);
    const place = cachePlace(checked.planCache, typeof input === 'string');
    const opened = typeof input === 'string' ? await ModelSource.open(input) : ModelSource.ofBytes(input);
    const { graph, plans, cache, close } = holdModel(opened, place, checked);
    const engine = new Engine(checked.threads, cache?.handle);
    const { inputs, outputs } = cache?.signature ?? graph();
    cache?.attach(engine, { inputs, outputs });
    const runner = new GraphRunner(graph, engine, plans);
    return new InferenceSession({ inputs, outputs }, engine, runner, checked, close);
  }

  /** A session for a model that is in memory already. */
  static fromModel(model: Model, options?: SessionOptions): InferenceSession {
    requireModel(model, 'the model of InferenceSession.fromModel');
    const checked = checkOptions(options);
    if (checked.planCache)
      throw new KompaktError(
        'KPT_OPTION_INVALID',
        'planCache needs the bytes of a model file: use InferenceSession.create().',
      );
    return InferenceSession.#ofModel(model, checked);
  }

  static #ofModel(model: Model, checked: CheckedOptions): InferenceSession {
    const graph = checked.optimize ? prepareForRun(model.graph) : model.graph;
    const engine = new Engine(checked.threads);
    return new InferenceSession(graph, engine, new GraphRunner(graph, engine, new KnownPlans()), checked);
  }

  /** Computes the outputs (all, or those in `fetches`) off the JavaScript thread. Feeds are read when the run starts, which
   *  is at once unless earlier runs of this session are still going. A feed that the model has no input for is an error,
   *  where onnxruntime-node passes over it. */
  run(feeds: Ort.FeedsType, options?: RunOptions): Promise<Ort.ReturnType>;
  run(feeds: Ort.FeedsType, fetches: Fetches, options?: RunOptions): Promise<Ort.ReturnType>;
  async run(
    feeds: Ort.FeedsType,
    second?: Fetches | RunOptions,
    third?: RunOptions,
  ): Promise<Ort.ReturnType> {
    const { fetches, options } = splitArguments(this.outputNames, second, third);
    const names = this.fetchNames(fetches);
    const values = this.values(feeds);
    const settings = { signal: options?.signal, targets: this.targets(names, fetches) };
    // Not asked again whether the session is alive: what was accepted before release() is still computed.
    const run = this.queue.then(() => this.runner.run(values, settings));
    this.queue = run.catch(() => undefined);
    return this.collect(await run, names, fetches);
  }

  /** Computes on the calling thread and blocks it: for tight loops and worker threads. */
  runSync(feeds: Ort.FeedsType, fetches?: Fetches): Ort.ReturnType {
    const names = this.fetchNames(fetches);
    const values = this.runner.runSync(this.values(feeds), this.targets(names, fetches));
    return this.collect(values, names, fetches);
  }

  /** Binds buffers once; the returned step() copies inputs in, computes, and copies outputs out, without allocating. */
  bind(bindings: Bindings): BoundStep {
    this.alive();
    return bindSession(bindings, this.inputs, this.outputNames, this.runner);
  }

  /** What the model becomes for given input shapes: nodes, where they run, costs, memory. Unknown dims count as 1. */
  describe(shapes: Readonly<Record<string, readonly number[]>> = {}): Description {
    this.alive();
    const types = new Map<string, TensorType>();
    for (const { name, dtype, dims } of this.inputs) {
      const fixed = dims?.map((d) => (typeof d === 'number' ? d : 1));
      const shape = own(shapes, name) ?? fixed;
      if (shape === undefined)
        throw new KompaktError('KPT_SHAPE_MISMATCH', `Input "${name}" has no declared shape: give one.`);
      types.set(name, { dtype, dims: shape });
    }
    return describePlan(this.runner, types);
  }

  /** Why rows (indices of the first axis of the inputs) computed together may be answered otherwise than each alone, as far as
   *  the graph tells for inputs of these shapes; null when it shows nothing. */
  acrossRows(shapes: Readonly<Record<string, readonly number[]>>): string | null {
    this.alive();
    return lookAcrossRows(this.runner, this.inputs, shapes);
  }

  /** Bytes taken outside JavaScript: arenas of all plans, constants and packed weights. Weights that are mapped from a plan
   *  cache are not counted: they are the system's, and shared by the processes that use them. */
  memory(): { readonly arenaBytes: number; readonly weightBytes: number } {
    return this.runner.memory();
  }

  startProfiling(): void {
    this.alive();
    this.profiler.start();
  }

  /** Time per operator since startProfiling(). */
  endProfiling(): readonly OperatorTime[] {
    this.alive();
    return this.profiler.stop();
  }

  /** Takes no more runs, and frees the native memory, that of bound steps too, once those that it has taken have ended. */
  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    await this.queue;
    this.runner.release();
    this.engine.release();
    this.closeSource();
  }

  private alive(): void {
    if (this.released) throw sessionReleased();
  }

  private values(feeds: Ort.FeedsType): Map<string, TensorValue> {
    this.alive();
    if (typeof feeds !== 'object' || feeds === null)
      throw new KompaktError('KPT_INPUT_MISSING', expected('an object of feeds', 'run()', feeds));
    checkNames('input', Object.keys(feeds), this.inputNames);
    return feedValues(feeds, this.inputs);
  }

  private fetchNames(fetches: Fetches | undefined): readonly string[] {
    const names = namesOf(fetches);
    if (names === undefined) return this.outputNames;
    checkNames('output', names, this.outputNames);
    return names;
  }

  /** Where outputs go that are wanted; undefined for all of them. */
  private targets(names: readonly string[], fetches: Fetches | undefined): Targets | undefined {
    if (fetches === undefined) return undefined;
    return new Map(
      names.map((name) => {
        const target = targetOf(fetches, name);
        const { type } = this.outputMetadata[this.outputNames.indexOf(name)] as Ort.TensorValueMetadata;
        if (target?.type !== type) return [name, undefined];
        return [name, { data: storedAs(type, target.data as TypedArray), dims: target.dims }];
      }),
    );
  }

  private collect(
    values: ReadonlyMap<string, TensorValue>,
    names: readonly string[],
    fetches: Fetches | undefined,
  ): Ort.ReturnType {
    const entries = names.map((name): [string, Tensor] => {
      const made = toResult(values.get(name)!) as Tensor;
      const target = targetOf(fetches, name);
      return [name, target === undefined ? made : fill(target, made, name)];
    });
    return Object.fromEntries(entries);
  }
}

// The types that programs reach through the name, as with onnxruntime-node.
export declare namespace InferenceSession {
  export type FeedsType = Ort.FeedsType;
  export type FetchesType = Ort.FetchesType;
  export type NullableFetchesType = Ort.OnnxValueMapType | { readonly [name: string]: Tensor | null };
  export type OnnxValueMapType = Ort.OnnxValueMapType;
  export type ReturnType = Ort.ReturnType;
  export type SessionOptions = import('./options.js').SessionOptions;
  export type RunOptions = import('./options.js').RunOptions;
  export type ValueMetadata = import('./value-metadata.js').ValueMetadata;
  export type TensorValueMetadata = import('./value-metadata.js').TensorValueMetadata;
  export type NonTensorValueMetadata = Ort.NonTensorValueMetadata;
  export type ExecutionProviderConfig = Ort.ExecutionProviderConfig;
  export type ExecutionProviderName = Ort.ExecutionProviderName;
}

/** Throws KPT_OPTION_INVALID for what are no bytes. */
function bytesOf(source: unknown, offset: number, length: number | undefined): Uint8Array {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (isAnyArrayBuffer(source)) return partOf(source, offset, length);
  const what = 'a path, a Uint8Array or an ArrayBuffer';
  const hint = source instanceof Model ? ' InferenceSession.fromModel() takes a Model.' : '';
  throw new KompaktError('KPT_OPTION_INVALID', `${expected(what, 'the model', source)}${hint}`);
}

function partOf(buffer: ArrayBufferLike, offset: number, length = buffer.byteLength - offset): Uint8Array {
  const isInside = [offset, length, buffer.byteLength - offset - length].every(
    (n) => Number.isInteger(n) && n >= 0,
  );
  const what = `a part of its ${buffer.byteLength} bytes`;
  requireArgument(isInside, what, 'the model', `${length} bytes from ${offset}`);
  return new Uint8Array(buffer, offset, length);
}

const overrideDims = (info: ValueInfo, sizes: Readonly<Record<string, number>>): ValueInfo => ({
  ...info,
  dims: info.dims?.map((d) => (typeof d === 'string' ? (own(sizes, d) ?? d) : d)) ?? null,
});
