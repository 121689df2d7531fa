// What quantize refuses before it calibrates: models that are quantised already or of other floats, and exclusions that exclude
// nothing.
import { KompaktError } from '../../errors.js';
import type { Graph, Node } from '../../graph/graph.js';
import type { DType } from '../../tensor/dtype.js';
import { errorOfOtherFloats } from '../../train/float-weights.js';
import type { CompleteQuantizeOptions } from './options.js';
import type { Selection } from './selection.js';

const storedTypes: ReadonlySet<DType> = new Set(['int8', 'uint8', 'int4', 'uint4']);

/** A node that reads weights of 8 bits or less, and these. One-bit layers are none: what is beside them may be quantised. */
export function integerWeights(
  graph: Graph,
): { readonly node: Node; readonly weight: string; readonly dtype: DType } | undefined {
  for (const node of graph.nodes) {
    if (node.domain === 'ai.kompakt') continue;
    for (const weight of node.inputs) {
      const value = graph.constants.get(weight);
      if (value !== undefined && value.dims.length > 1 && storedTypes.has(value.dtype))
        return { node, weight, dtype: value.dtype };
    }
  }
  return undefined;
}

/** Throws KPT_OPTION_INVALID where nothing is left to be quantised. */
export function requireFloatLayers(graph: Graph, { layers }: Selection): void {
  if (layers.length > 0) return;
  const found = integerWeights(graph);
  if (found !== undefined)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `Expected a model with layers in float32 for quantize but received one that is quantised already: node '${found.node.name}' (${found.node.op}) reads weights '${found.weight}' of type ${found.dtype}. Quantise the float32 model that it was made from; this one is run and explained as it is.`,
      { node: found.node.name },
    );
  const other = errorOfOtherFloats(graph, 'layers in float32 for quantize');
  if (other !== undefined) throw other;
}

/** Throws KPT_OPTION_INVALID for an entry that fits no node, neither as the model was given nor as it is quantised. */
export function requireExclusions(
  { exclude }: Pick<CompleteQuantizeOptions, 'exclude'>,
  given: Graph,
  clean: Graph,
): void {
  const nodes = [...given.nodes, ...clean.nodes];
  const names = new Set(nodes.map(({ name }) => name));
  const types = new Set(nodes.map(({ op }) => op));
  for (const entry of exclude.names)
    if (!names.has(entry))
      noSuchNode('names', entry, nearTo(entry, names) || '`kompakt inspect MODEL --plan` lists them');
  for (const entry of exclude.types)
    if (!types.has(entry)) noSuchNode('types', entry, `it has ${[...types].sort().join(', ')}`);
  for (const entry of exclude.patterns) {
    const pattern = new RegExp(entry);
    if (!nodes.some(({ name }) => pattern.test(name)))
      noSuchNode('patterns', entry, `it has names like ${quoted([...names].slice(0, mostNames))}`);
  }
}

function noSuchNode(list: keyof CompleteQuantizeOptions['exclude'], entry: string, hint: string): never {
  const what = { names: 'of this name', types: 'of this operator', patterns: 'whose name matches' }[list];
  throw new KompaktError(
    'KPT_OPTION_INVALID',
    `Option exclude.${list} of quantize has '${entry}', but the model has no node ${what}: ${hint}.`,
    { entry },
  );
}

/** Names that a message gives as examples. */
const mostNames = 3;

/** Names that are the same but for capitals and signs, or a part of one another: exporters put paths around names. */
function nearTo(entry: string, names: ReadonlySet<string>): string {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const wanted = plain(entry);
  const near = [...names].filter((name) => {
    const candidate = plain(name);
    return candidate !== '' && wanted !== '' && (candidate.includes(wanted) || wanted.includes(candidate));
  });
  return near.length === 0 ? '' : `it has ${quoted(near.slice(0, mostNames))}`;
}

const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');
