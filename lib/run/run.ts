// The values of one run: those that JavaScript holds, and those in the arena; host nodes between native stretches.
import { KompaktError } from '../errors.js';
import { GraphAbsent } from '../graph/frame.js';
import { hostOpOf } from '../ops/host.js';
import { NeedsData, typeOf } from '../ops/op.js';
import { bytesPerElement, type DType, dtypes, type TypedArray } from '../tensor/dtype.js';
import { type Dims, sameDims, sizeOf } from '../tensor/shape.js';
import { allocate, copyOf, type TensorValue, tensor } from '../tensor/tensor.js';
import type { Cut } from './cut.js';
import { checkResults, describeNode, type Fact, inferContext } from './inference.js';
import { check } from './native.js';
import type { Location, ScheduleItem } from './plan.js';
import type { ReadyPlan } from './ready-plan.js';
import type { GraphRunner, Values } from './runner.js';

type HostItem = Pick<Extract<ScheduleItem, { kind: 'host' }>, 'node' | 'opset'>;

/** The outputs that are wanted, and arrays to put them in: undefined for a new one. */
export type Targets = ReadonlyMap<string, Target | undefined>;

export interface Target {
  readonly data: TypedArray;
  readonly dims: Dims;
}

/** Outputs of fewer bytes are made in no time. */
const smallOutput = 1 << 15;
/** Smallest page of any system. */
const pageBytes = 4096;

export class Run {
  private readonly held = new Map<string, TensorValue>();
  private readonly reserved = new Map<string, TypedArray>();

  constructor(
    private readonly runner: GraphRunner,
    private readonly ready: ReadyPlan,
    feeds: Values,
    /** All outputs, each in an array of its own, where not given. */
    private readonly targets?: Targets,
  ) {
    runner.hostTiming().runs++;
    for (const [name, value] of feeds) this.hold(name, value);
  }

  /** Keeps a value and writes it to its arena buffer, if a step wants it. */
  private hold(name: string, value: TensorValue): void {
    this.held.set(name, value);
    const location = this.ready.plan.locations.get(name);
    if (location?.buffer === undefined || !location.fromHost || sizeOf(value.dims) === 0) return;
    check(this.ready.native.write(location.buffer, value.data as TypedArray));
  }

  get(name: string): TensorValue {
    const held = this.held.get(name);
    if (held !== undefined) return held;
    const location = this.ready.plan.locations.get(name);
    if (location?.known !== undefined) return location.known;
    if (location?.buffer === undefined)
      throw new KompaktError('KPT_INTERNAL', `Value '${name}' was not kept for the host.`);
    return this.read(location, allocate(location.type.dtype, location.type.dims));
  }

  private read({ buffer, type }: Location, data: TypedArray): TensorValue {
    if (data.length > 0) check(this.ready.native.read(buffer!, data));
    return tensor(type.dtype, type.dims, data);
  }

  host({ node, opset }: HostItem): void {
    const start = performance.now();
    const outputs = hostOpOf(node).reference({
      node,
      opset,
      inputs: node.inputs.map((name) => (name === '' ? undefined : this.get(name))),
      where: describeNode(node),
      runSubgraph: (graph, feeds) =>
        this.runner.body(this.ready, node, graph, feeds, (name) => this.get(name)),
    });
    node.outputs.forEach((name, i) => {
      if (name !== '') this.hold(name, outputs[i]!);
    });
    const { host } = this.runner.hostTiming();
    host.set(node, (host.get(node) ?? 0) + (performance.now() - start) * 1e6);
  }

  /** Runs the node at the cut, if there is one, and says how to go on. */
  finishNative(): { runner: GraphRunner; feeds: Values } | undefined {
    const { cut } = this.ready.plan;
    if (cut !== undefined) {
      // Read once for the check and for the node.
      for (const name of cut.node.inputs) if (name !== '') this.held.set(name, this.get(name));
      this.checkSize(cut);
      this.host(cut);
    }
    const rest = this.ready.rest;
    if (rest === undefined) return undefined;
    return {
      runner: rest,
      feeds: new Map(rest.graph.inputs.map(({ name }) => [name, this.get(name)])),
    };
  }

  /** The plan did not know what the node at its cut makes; with the values there it can be told before memory is taken. */
  private checkSize({ node, opset }: Cut): void {
    if (hostOpOf(node).sizedByResult) return;
    try {
      const facts = (name: string): Fact => {
        const value = this.get(name);
        return { type: typeOf(value), value };
      };
      const types = hostOpOf(node).infer(inferContext({ opsets: { [node.domain]: opset } }, node, facts));
      checkResults(node, types, true);
    } catch (error) {
      // What a graph inside makes is checked when that is planned.
      if (!(error instanceof NeedsData || error instanceof GraphAbsent)) throw error;
    }
  }

  /** Takes memory for large outputs while another thread computes them: the system gives each page at its first touch, and for
   *  a megabyte that takes longer than to copy it. */
  reserveOutputs(): void {
    for (const name of this.wanted()) {
      const location = this.ready.plan.locations.get(name);
      if (location?.buffer === undefined || this.targets?.get(name) !== undefined) continue;
      const { dtype, dims } = location.type;
      if (sizeOf(dims) * bytesPerElement(dtype) < smallOutput) continue;
      const data = allocateIfRoom(dtype, dims);
      if (data === undefined) return;
      const bytes = new Uint8Array(data.buffer);
      for (let i = 0; i < bytes.length; i += pageBytes) bytes[i] = 0;
      this.reserved.set(name, data);
    }
  }

  /** `rest`: what came out of what comes after the cut. */
  outputs(rest?: Values): Map<string, TensorValue> {
    return new Map(this.wanted().map((name) => [name, this.output(name, rest?.get(name))]));
  }

  private wanted(): readonly string[] {
    const { outputs } = this.ready.plan;
    return this.targets === undefined ? outputs : outputs.filter((name) => this.targets!.has(name));
  }

  private output(name: string, made: TensorValue | undefined): TensorValue {
    const location = this.ready.plan.locations.get(name);
    const value = made ?? this.held.get(name) ?? location?.known;
    // Constants and feeds among them: a program may write to what it gets.
    if (value !== undefined) return this.runner.isOutermost ? copyOf(value) : value;
    if (location?.buffer === undefined) return this.get(name);
    const { dtype, dims } = location.type;
    const target = this.targets?.get(name);
    const place = target === undefined ? this.reserved.get(name) : sameDims(target.dims, dims) && target.data;
    return place instanceof dtypes[dtype].array! ? this.read(location, place) : this.get(name);
  }
}

/** undefined where there is no room: whoever cannot do without says so, once nothing runs any more. */
function allocateIfRoom(dtype: DType, dims: Dims): TypedArray | undefined {
  try {
    return allocate(dtype, dims);
  } catch {
    return undefined;
  }
}
