// Teachers: models that are asked, batch by batch, for their outputs and inner values. They run as in inference, whatever
// they are made of: any ONNX file, quantised or not.
import { expected, KompaktError } from '../../errors.js';
import type { Graph, ValueInfo } from '../../graph/graph.js';
import type { Model } from '../../model/model.js';
import { GraphExecutor } from '../../session/executor.js';
import { sizeOf } from '../../tensor/shape.js';
import { allocate, asFloat32, type TensorValue, tensor } from '../../tensor/tensor.js';
import { endsIn, endsInShare } from '../ends-in.js';

export class Teacher {
  readonly #graph: Graph;
  readonly #executor: GraphExecutor;
  /** Name of the output that students learn from. */
  readonly output: string;
  readonly #probabilities: { readonly ofOne: boolean; readonly ofSeveral: boolean };

  /** `inner`: values of the model that will be asked for besides the first output. */
  constructor(model: Model, inner: readonly string[], threads: number) {
    const { graph } = model;
    const made = new Set(graph.nodes.flatMap((node) => node.outputs));
    for (const name of inner)
      if (!made.has(name))
        throw new KompaktError('KPT_OPTION_INVALID', `The teacher '${graph.name}' has no value '${name}'.`);
    this.output = graph.outputs[0]!.name;
    this.#probabilities = { ofOne: endsInShare(graph), ofSeveral: endsIn(graph, 'Softmax') };
    const names = new Set([this.output, ...inner]);
    const outputs = [...names].map((name) => ({ name, dtype: 'float32', dims: null }) as const);
    this.#graph = { ...graph, outputs };
    this.#executor = new GraphExecutor(this.#graph, threads);
  }

  /** Output and inner values for a batch of the student's inputs, which are matched to the teacher's by place. Floats are
   *  float32, whatever the teacher computes in: students do. */
  async answer(inputs: readonly TensorValue[]): Promise<ReadonlyMap<string, TensorValue>> {
    const { inputs: own } = this.#graph;
    if (own.length !== inputs.length)
      throw new KompaktError(
        'KPT_OPTION_INVALID',
        expected(
          `${inputs.length} inputs as the student has`,
          `the teacher '${this.#graph.name}'`,
          own.length,
        ),
      );
    const batch = inputs[0]!.dims[0]!;
    const fixed = own[0]!.dims?.[0];
    const share = typeof fixed === 'number' ? fixed : batch;
    if (batch % share !== 0)
      throw new KompaktError(
        'KPT_OPTION_INVALID',
        expected(`a multiple of ${share}, the teacher's fixed batch,`, 'option batch', batch),
      );
    const parts: ReadonlyMap<string, TensorValue>[] = [];
    for (let at = 0; at < batch; at += share) {
      const feeds = own.map((info, i) => [info.name, rows(inputs[i]!, at, share, info)] as const);
      const values = await this.#executor.run(new Map(feeds));
      parts.push(new Map([...values].map(([name, value]) => [name, asFloat32(value)])));
    }
    return parts.length === 1 ? parts[0]! : joined(parts);
  }

  /** Whether values of the output are probabilities and not logits. */
  givesProbabilities({ dims }: TensorValue): boolean {
    return dims.at(-1) === 1 ? this.#probabilities.ofOne : this.#probabilities.ofSeveral;
  }

  release(): void {
    this.#executor.release();
  }
}

/** Rows [from, from + count) of a batch, in the dims that an input has (a flat one takes pictures too). */
function rows({ dtype, dims, data }: TensorValue, from: number, count: number, info: ValueInfo): TensorValue {
  const size = sizeOf(dims.slice(1));
  const own = info.dims?.slice(1) ?? [];
  const fixed = own.every((d) => typeof d === 'number') ? (own as readonly number[]) : undefined;
  const rest = fixed !== undefined && sizeOf(fixed) === size ? fixed : dims.slice(1);
  const part = (data as Float32Array).subarray(from * size, (from + count) * size);
  return tensor(dtype, [count, ...rest], part);
}

/** Answers to parts of a batch as the answer to all of it. */
function joined(parts: readonly ReadonlyMap<string, TensorValue>[]): ReadonlyMap<string, TensorValue> {
  return new Map(
    [...parts[0]!].map(([name, { dtype, dims }]) => {
      const values = parts.map((part) => part.get(name)!);
      const all = [dims[0]! * parts.length, ...dims.slice(1)];
      const data = allocate(dtype, all);
      let at = 0;
      for (const value of values) {
        data.set(value.data as never, at);
        at += value.data.length;
      }
      return [name, tensor(dtype, all, data)];
    }),
  );
}
