// A training step by hand: softmax regression with momentum on an input x [B,n], in plain TypeScript. What surrounds the step
// is tested with it, apart from the engine.
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Graph } from '../../lib/graph/graph.js';
import { f32, i64, type TensorValue } from '../../lib/tensor/tensor.js';
import { randomFor } from '../../lib/train/seeds.js';
import type { StepResult, TrainingStep } from '../../lib/train/training.js';
import type { TrainingSample } from '../../lib/train/training-data.js';

export class SoftmaxRegression implements TrainingStep {
  readonly trainable = ['w'];
  readonly inputs: TrainingStep['inputs'];
  #w: Float32Array;
  #velocity: Float32Array;
  #steps = 0;
  released = false;

  constructor(
    readonly batch: number,
    readonly features: number,
    readonly classes: number,
  ) {
    this.inputs = [
      { name: 'x', dtype: 'float32', dims: [batch, features] },
      { name: 'target', dtype: 'int64', dims: [batch] },
    ];
    this.#w = new Float32Array(classes * features);
    this.#velocity = new Float32Array(classes * features);
  }

  run(inputs: ReadonlyMap<string, TensorValue>, { learningRate }: { learningRate: number }): StepResult {
    const { batch, features, classes } = this;
    const x = inputs.get('x')!.data as Float32Array;
    const target = inputs.get('target')!.data as BigInt64Array;
    const logits = new Float32Array(batch * classes);
    const gradient = new Float32Array(classes * features);
    let loss = 0;
    for (let b = 0; b < batch; b++) {
      const row = logits.subarray(b * classes, (b + 1) * classes);
      for (let c = 0; c < classes; c++)
        for (let f = 0; f < features; f++) row[c] += this.#w[c * features + f] * x[b * features + f];
      const sum = row.reduce((s, v) => s + Math.exp(v), 0);
      loss -= row[Number(target[b])] - Math.log(sum);
      for (let c = 0; c < classes; c++) {
        const error = Math.exp(row[c]) / sum - (Number(target[b]) === c ? 1 : 0);
        for (let f = 0; f < features; f++)
          gradient[c * features + f] += (error * x[b * features + f]) / batch;
      }
    }
    for (let i = 0; i < gradient.length; i++) {
      this.#velocity[i] = 0.9 * this.#velocity[i] + gradient[i];
      this.#w[i] -= learningRate * this.#velocity[i];
    }
    this.#steps++;
    return { loss: loss / batch, outputs: new Map([['y', f32([batch, classes], logits)]]) };
  }

  get state(): ReadonlyMap<string, TensorValue> {
    const dims = [this.classes, this.features];
    return new Map([
      ['w', f32(dims, this.#w.slice())],
      ['w.velocity', f32(dims, this.#velocity.slice())],
      ['steps', i64([this.#steps])],
    ]);
  }

  restore(state: ReadonlyMap<string, TensorValue>): void {
    this.#w = (state.get('w')!.data as Float32Array).slice();
    this.#velocity = (state.get('w.velocity')!.data as Float32Array).slice();
    this.#steps = Number(state.get('steps')!.data[0]);
  }

  graph(): Graph {
    const g = new GraphBuilder('softmax regression');
    const x = g.input('x', 'float32', ['N', this.features]);
    const w = g.constant('w', f32([this.classes, this.features], this.#w.slice()));
    const [y] = g.node('Gemm', [x, w], { transB: { type: 'int', value: 1 } }, { outputs: ['y'] });
    g.output(y!, 'float32', ['N', this.classes]);
    return g.build();
  }

  release(): void {
    this.released = true;
  }
}

/** Classes around corners of a cube: sample i is of class i % classes. */
export function clusters(count: number, features: number, classes: number, seed = 1): TrainingSample[] {
  const random = randomFor(seed, 'weights');
  return Array.from({ length: count }, (_, i) => {
    const label = i % classes;
    const values = Float32Array.from(
      { length: features },
      (_, f) => (f % classes === label ? 1 : 0) + (random() - 0.5),
    );
    return { name: `${i}`, label, inputs: new Map([['x', f32([1, features], values)]]) };
  });
}

/** A source of samples that counts how often it is read. */
export function counted<T>(samples: readonly T[]): AsyncIterable<T> & { reads: number } {
  return {
    reads: 0,
    async *[Symbol.asyncIterator]() {
      this.reads++;
      yield* samples;
    },
  };
}
