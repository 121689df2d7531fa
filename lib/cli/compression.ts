// Options of training in the form of a quantised or sparse model, what they ask for, and what is printed of sparse ones.
import { type CompressedTraining, distributions, type Sparsity, table } from '../index.js';
import type { OptionRule, OptionSpec, Options } from './command.js';
import { needs, vainWith } from './option-rules.js';
import { bitOptions, bitRules, bitsOf, commaList, oneOf, shareNumber } from './option-types.js';

/** A share of zeros, or 'kept'. */
const sparsity = (text: string, flag: string): number | 'kept' =>
  text === 'kept' ? text : shareNumber(text, flag);

export const distributionOption: OptionSpec = {
  flags: '--distribution <name>',
  description: `how layers share the zeros: ${distributions.map(({ name, summary }) => `${name}: ${summary}`).join('; ')}`,
  parse: oneOf(...distributions.map(({ name }) => name)),
};

export const compressionOptions: readonly OptionSpec[] = [
  ...bitOptions,
  {
    flags: '--method <name>',
    description:
      'train a quantised model, with steps learned (lsq), clipping levels learned (pact) or ranges observed (ste)',
    parse: oneOf('lsq', 'pact', 'ste'),
  },
  {
    flags: '--sparsity <share>',
    description:
      "prune while training until this share of the weights is 0, as in 0.9; 'kept': the zeros that the model has stay",
    parse: sparsity,
  },
  distributionOption,
  {
    flags: '--prune-keep <nodes>',
    description: 'layers that are not pruned: a,b,c',
    parse: commaList,
  },
];

export const compressionRules: readonly OptionRule[] = [
  ...bitRules,
  needs(['--distribution', '--prune-keep'], ['--sparsity']),
  vainWith(
    ['--distribution'],
    '--sparsity kept, which makes no zeros',
    ({ options }) => options.value('sparsity') === 'kept',
  ),
];

/** What --weight-bits, --sparsity and their like ask for: nothing where none of them is given. */
export function compressionOf(options: Options): CompressedTraining {
  const method = options.text('method');
  const quantize = {
    ...bitsOf(options),
    ...(method !== undefined && { method: method as 'lsq' | 'pact' | 'ste' }),
  };
  const wanted = options.value<number | 'kept'>('sparsity');
  const distribution = options.text('distribution');
  const keep = options.value<readonly string[]>('pruneKeep');
  return {
    ...(Object.keys(quantize).length > 0 && { quantize }),
    ...(wanted !== undefined && {
      prune: {
        sparsity: wanted,
        ...(distribution !== undefined && { distribution }),
        ...(keep !== undefined && { layers: { keep: [...keep] } }),
      },
    }),
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

export function sparsityTable({ layers, sparsity: all }: Sparsity): string {
  const total = (of: 'weights' | 'zeros'): number => layers.reduce((sum, layer) => sum + layer[of], 0);
  const rows = layers.map(({ name, weights, zeros }) => [
    name,
    `${weights}`,
    `${zeros}`,
    percent(zeros / weights),
  ]);
  return table(
    [
      { title: 'layer' },
      { title: 'weights', align: 'right' },
      { title: 'zeros', align: 'right' },
      { title: 'sparsity', align: 'right' },
    ],
    [...rows, ['all', `${total('weights')}`, `${total('zeros')}`, percent(all)]],
  );
}
