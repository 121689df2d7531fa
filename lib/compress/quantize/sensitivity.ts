// Mixed precision by measured sensitivity: the noise that quantising a value makes at the end of the model, on
// calibration samples, one value (or a set of harmless ones) at a time. Those that gain most for what they cost stay in float until a
// target holds.
// Source: Wu et al. 2020, arXiv:2004.09602, section 4.2 ("partial quantization": sensitivity of one layer at a time);
// here the measure is signal over noise before the closing softmax instead of task accuracy, which needs no labels, and
// values are tried in halving sets, for most are harmless together.
import type { Executor, Feeds } from '../../calibrate/collect.js';
import type { Graph } from '../../graph/graph.js';
import { GraphEditor } from '../../graph/rewrite.js';
import { f32, toNumbers } from '../../tensor/tensor.js';
import { type ActivationParams, narrowBounds } from './affine.js';
import { floatWork } from './float-work.js';
import type { Groups } from './groups.js';

/** An executor that is told when it is not needed any more. */
export type MakeExecutor = (graph: Graph) => Promise<Executor & { readonly release?: () => void }>;

export interface SensitivityContext {
  readonly graph: Graph;
  /** Where noise is measured. */
  readonly ends: readonly string[];
  readonly groups: Groups;
  /** By value. */
  readonly params: ReadonlyMap<string, ActivationParams>;
  readonly samples: readonly Feeds[];
  readonly executor: MakeExecutor;
  /** Signal over noise that all quantised values together shall leave, dB. */
  readonly target: number;
}

/** A set that makes less than this share of the noise allowed is not looked into. */
const harmless = 1 / 16;

/** Values of one scale, and the noise that they make. */
interface Loud {
  readonly members: readonly string[];
  readonly noise: number;
}

/** Values to keep in float: those that gain most per multiplication in float32. Noise of different values is taken to add up. */
export async function sensitiveValues(context: SensitivityContext): Promise<ReadonlySet<string>> {
  const { groups, target } = context;
  const measure = await noiseMeter(context);
  const budget = 10 ** (-target / 10);
  const loud: Loud[] = [];
  let quiet = 0;
  const search = async (representatives: readonly string[]): Promise<void> => {
    const noise = await measure(new Set(representatives));
    if (noise <= budget * harmless) quiet += noise;
    else if (representatives.length > 1) {
      const half = Math.ceil(representatives.length / 2);
      await search(representatives.slice(0, half));
      await search(representatives.slice(half));
    } else {
      const members = [...groups.values].filter((v) => groups.representative(v) === representatives[0]);
      loud.push({ members, noise });
    }
  };
  await search([...new Set([...groups.values].map((value) => groups.representative(value)))]);
  const work = floatWork(context.graph, context.samples[0]!);
  const gain = ({ members, noise }: Loud): number =>
    noise /
    Math.max(
      1,
      members.reduce((sum, value) => sum + work(value), 0),
    );
  const kept = new Set<string>();
  let left = loud.reduce((sum, { noise }) => sum + noise, quiet);
  for (const { members, noise } of loud
    .map((l) => ({ ...l, gain: gain(l) }))
    .sort((p, q) => q.gain - p.gain)) {
    if (left <= budget) break;
    left -= noise;
    for (const value of members) kept.add(value);
  }
  return kept;
}

/** Noise over signal at the ends when the values of some groups are quantised and nothing else is. */
async function noiseMeter({
  graph,
  ends,
  groups,
  params,
  samples,
  executor,
}: SensitivityContext): Promise<(representatives: ReadonlySet<string>) => Promise<number>> {
  const outputs = ends.map((name) => ({ name, dtype: 'float32' as const, dims: null }));
  const base = new GraphEditor({ ...graph, outputs }).finish();
  const answers = async (changed: Graph): Promise<Float64Array[]> => {
    const execute = await executor(changed);
    const found: Float64Array[] = [];
    for (const feeds of samples) {
      const values = await execute(feeds);
      for (const name of ends) found.push(toNumbers(values.get(name)!));
    }
    execute.release?.();
    return found;
  };
  const exact = await answers(base);
  const signal = exact.reduce((sum, y) => y.reduce((a, v) => a + v * v, sum), 0);
  return async (representatives) => {
    const editor = new GraphEditor(base);
    for (const value of groups.values)
      if (representatives.has(groups.representative(value))) roundTrip(editor, value, params.get(value)!);
    const given = await answers(editor.finish());
    const noise = exact.reduce((sum, y, i) => y.reduce((a, v, k) => a + (v - given[i]![k]!) ** 2, sum), 0);
    return signal === 0 ? noise : noise / signal;
  };
}

/** Clip where the integers are few, QuantizeLinear and DequantizeLinear between a value and all that use it. */
function roundTrip(editor: GraphEditor, value: string, params: ActivationParams): void {
  const producer = editor.producer(value);
  const users = editor.consumers(value);
  if (producer === undefined && users.length === 0) return;
  const constants = [
    editor.addConstant(`${value}_scale`, params.scale),
    editor.addConstant(`${value}_zero_point`, params.zeroPoint),
  ];
  const bytes = editor.fresh(`${value}_quantized`);
  const other = editor.fresh(`${value}_other`);
  // A value that a node makes keeps its name behind the pair, for it may be an end; a model input cannot.
  const [before, behind] = producer === undefined ? [value, other] : [other, value];
  if (producer !== undefined) {
    const outputs = producer.outputs.map((name) => (name === value ? other : name));
    editor.replace([producer], [{ ...producer, outputs }]);
  }
  const bounds = narrowBounds(params)?.map((bound) => editor.addConstant(`${value}_bound`, f32([], [bound])));
  const clipped = bounds === undefined ? before : editor.fresh(`${value}_clipped`);
  const clips = bounds === undefined ? [] : [editor.newNode('Clip', [before, ...bounds], [clipped])];
  const quantizer = [...clips, editor.newNode('QuantizeLinear', [clipped, ...constants], [bytes])];
  editor.replace([], [...quantizer, editor.newNode('DequantizeLinear', [bytes, ...constants], [behind])]);
  if (producer === undefined) editor.renameUses(value, other, quantizer);
}
