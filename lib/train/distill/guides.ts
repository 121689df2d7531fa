// Guides: pairs of inner values, one of the student and one of a teacher, that shall become alike. Each is a loss and what its
// target is fed.
import { z } from 'zod';
import { expected, KompaktError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import { GraphExecutor } from '../../session/executor.js';
import type { Dims } from '../../tensor/shape.js';
import type { TensorValue } from '../../tensor/tensor.js';
import { attentionMap, attentionTransfer } from '../losses/attention-transfer.js';
import { hint } from '../losses/hints.js';
import type { WeightedLoss } from '../losses/weighted-sum.js';
import { withRegressor } from './regressor.js';

const pair = (weight: number) =>
  z.strictObject({
    /** Names of the two values. */
    student: z.string().min(1),
    teacher: z.string().min(1),
    /** Which teacher, counted from 0. */
    of: z.int().min(0).default(0),
    weight: z.number().positive().default(weight),
  });

/** Weights of the losses beside those of labels and soft targets; attention maps have length 1 and differ little. */
export const guideShape = {
  hints: z.array(pair(1)).default([]),
  attention: z.array(pair(1000)).default([]),
};

type Pair = z.output<ReturnType<typeof pair>>;

export interface Guide extends WeightedLoss {
  readonly pair: Pair;
  /** Name of the input that is fed, and what it is fed of the teacher's value. */
  readonly target: string;
  readonly of: (teachers: TensorValue) => TensorValue;
}

export interface GuideOptions {
  readonly hints: readonly Pair[];
  readonly attention: readonly Pair[];
}

export const pairsOf = ({ hints, attention }: GuideOptions): readonly Pair[] => [...hints, ...attention];

export interface GuidedStudent {
  readonly graph: Graph;
  readonly guides: readonly Guide[];
  /** Weights that the graph has for the sake of the guides. */
  readonly regressors: readonly string[];
}

/** Shape of a teacher's value for the same batch as the student's. */
export type DimsOf = (pair: Pair) => Dims;

/** Guides, and the student's graph with the regressors that hints between unequal channels need. */
export function guidesOf(
  student: Graph,
  options: GuideOptions,
  studentDims: DimsOf,
  teacherDims: DimsOf,
  seed: number,
): GuidedStudent {
  let graph = student;
  const regressors: string[] = [];
  const hints = options.hints.map((one, i): Guide => {
    const regressed = withRegressor(graph, one.student, studentDims(one), teacherDims(one), seed);
    graph = regressed.graph;
    if (regressed.weight !== undefined) regressors.push(regressed.weight);
    const target = `teacher/hint${i}`;
    return {
      pair: one,
      weight: one.weight,
      target,
      loss: hint(regressed.name, target),
      of: (value) => value,
    };
  });
  const attention = options.attention.map((one, i): Guide => {
    const [own, other] = [studentDims(one), teacherDims(one)];
    if (own.length !== 4 || other.length !== 4 || own[2] !== other[2] || own[3] !== other[3])
      throw new KompaktError(
        'KPT_OPTION_INVALID',
        expected(
          `pictures of ${own.slice(2).join('x')}`,
          `attention of the teacher's '${one.teacher}'`,
          other,
        ),
      );
    const target = `teacher/attention${i}`;
    const loss = attentionTransfer(one.student, target);
    return { pair: one, weight: one.weight, target, loss, of: attentionMap };
  });
  return { graph, guides: [...hints, ...attention], regressors };
}

/** Shapes of inner values of a graph for one sample. */
export async function innerDims(
  graph: Graph,
  names: readonly string[],
  inputs: readonly TensorValue[],
): Promise<ReadonlyMap<string, Dims>> {
  const made = new Set(graph.nodes.flatMap((node) => node.outputs));
  for (const name of names)
    if (!made.has(name))
      throw new KompaktError('KPT_OPTION_INVALID', `The student '${graph.name}' has no value '${name}'.`);
  if (names.length === 0) return new Map();
  const outputs = names.map((name) => ({ name, dtype: 'float32', dims: null }) as const);
  const executor = new GraphExecutor({ ...graph, outputs }, 1);
  try {
    const values = await executor.run(new Map(graph.inputs.map(({ name }, i) => [name, inputs[i]!])));
    return new Map([...values].map(([name, { dims }]) => [name, dims]));
  } finally {
    executor.release();
  }
}
