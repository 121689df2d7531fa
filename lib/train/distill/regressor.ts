// Regressors of hints: a 1x1 convolution (or a fully connected layer) from the student's channels to the teacher's, trained
// with the student and left out of the result (FitNets, section 2.2).
import { expected, KompaktError } from '../../errors.js';
import { freezeGraph, type Graph, type Node } from '../../graph/graph.js';
import { Names } from '../../graph/names.js';
import { GraphEditor } from '../../graph/rewrite.js';
import { collectNames } from '../../graph/uses.js';
import { normalNumbers } from '../../ops/shared/random-numbers.js';
import type { Dims } from '../../tensor/shape.js';
import { f32 } from '../../tensor/tensor.js';
import { randomFor } from '../seeds.js';

export interface Regressed {
  readonly graph: Graph;
  /** The value that shall be the teacher's. */
  readonly name: string;
  /** The regressor's weight, if there is one. */
  readonly weight?: string;
}

/** The graph with a regressor behind `value`, of shape `from`, when the teacher's `to` has other channels. */
export function withRegressor(graph: Graph, value: string, from: Dims, to: Dims, seed: number): Regressed {
  if (from.length !== to.length || from.some((d, i) => i !== 1 && d !== to[i]))
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      expected(
        `shape [${to.join(',')}] but for the channels, as the teacher's value has`,
        `hint '${value}'`,
        from,
      ),
    );
  if (from[1] === to[1]) return { graph, name: value };
  const taken = new Set<string>();
  collectNames(graph, taken);
  const names = new Names(taken);
  const [channels, wanted] = [from[1]!, to[1]!];
  const normal = normalNumbers(randomFor(seed, 'regressors', channels, wanted));
  const deviation = Math.sqrt(1 / channels);
  const weights = Float32Array.from({ length: wanted * channels }, () => deviation * normal());
  const flat = from.length === 2;
  const weight = names.fresh(`${value}/regressor`);
  const name = names.fresh(`${value}/regressed`);
  const node: Node = {
    name: names.fresh(`${value}/regress`),
    op: flat ? 'Gemm' : 'Conv',
    domain: '',
    inputs: [value, weight],
    outputs: [name],
    attributes: flat ? { transB: { type: 'int', value: 1 } } : {},
  };
  const dims = [wanted, channels, ...from.slice(2).map(() => 1)];
  const constants = new Map(graph.constants).set(weight, f32(dims, weights));
  return { graph: freezeGraph({ ...graph, nodes: [...graph.nodes, node], constants }), name, weight };
}

/** The graph without what no output needs: regressors are gone. */
export const withoutRegressors = (graph: Graph): Graph => new GraphEditor(graph).finish();
