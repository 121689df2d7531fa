// Options of structured pruning, what they ask for, and what is printed of it.
import {
  bytesText,
  type ChannelOptions,
  type ChannelsReport,
  countText,
  importances,
  table,
} from '../index.js';
import type { Asked, OptionRule, OptionSpec, Options } from './command.js';
import { needs, needsThat, vainWith } from './option-rules.js';
import { oneOf, shapeOption, shapesOf, shareNumber, wholeNumber } from './option-types.js';

/** Those that only structured pruning has, by the names of their values. */
const details = ['importance', 'scope', 'roundTo', 'floor', 'seed', 'batch'] as const;

export const channelOptionSpecs: readonly OptionSpec[] = [
  {
    flags: '--channels <share>',
    description: 'remove whole channels: this share of those that may leave, as in 0.3',
    parse: shareNumber,
  },
  {
    flags: '--macs <share>',
    description:
      'remove whole channels until at most this share of the multiply-accumulates is left, as in 0.6',
    parse: shareNumber,
  },
  {
    flags: '--importance <name>',
    description: `which channels leave first, default l2: ${importances.map(({ name, summary }) => `${name}: ${summary}`).join('; ')}`,
    parse: oneOf(...importances.map(({ name }) => name)),
  },
  {
    flags: '--scope <name>',
    description: 'global (default): layers are ranked together; uniform: each loses the same share',
    parse: oneOf('global', 'uniform'),
  },
  {
    flags: '--round-to <n>',
    description: 'a layer that loses channels is left with a multiple of this; default 8',
    parse: wholeNumber(1),
  },
  {
    flags: '--floor <n>',
    description: 'fewest channels that a layer keeps; default 1',
    parse: wholeNumber(1),
  },
  { flags: '--batch <n>', description: 'samples of --data in one batch; default 16', parse: wholeNumber(1) },
  {
    flags: '--seed <n>',
    description: 'of the importance random, and of the order of --data',
    parse: wholeNumber(0),
  },
  {
    flags: '--unfitted',
    description:
      'leave the weights that stay as they are; without this, and with --data, each layer is fitted to what it made before',
  },
  shapeOption,
];

/** Importances that look at --data; they are few. */
const looking = importances.filter(({ needsData }) => needsData).map(({ name }) => name);
const looks = ({ options }: Asked): boolean => looking.includes(options.text('importance') ?? '');

export const channelRules: readonly OptionRule[] = [
  needs(
    ['--importance', '--scope', '--round-to', '--floor', '--batch', '--seed', '--shape'],
    ['--channels', '--macs'],
  ),
  needsThat(['--batch'], `--importance ${looking.join(' or ')}, which looks at --data`, looks),
  needsThat(
    ['--seed'],
    `--importance ${[...looking, 'random'].join(' or ')}: the others draw nothing`,
    (asked) => looks(asked) || asked.options.text('importance') === 'random',
  ),
  vainWith(
    ['--data'],
    `--unfitted, unless --importance is ${looking.join(' or ')}`,
    (asked) => asked.has('--unfitted') && !looks(asked),
  ),
];

/** What --channels or --macs ask for; nothing where neither is given. */
export function channelsOf(options: Options): ChannelOptions | undefined {
  const [share, macs] = [options.number('channels'), options.number('macs')];
  if (share === undefined && macs === undefined) return undefined;
  const given = Object.fromEntries(
    details.flatMap((name) => {
      const value = options.value<string | number>(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const shapes = Object.fromEntries(
    Object.entries(shapesOf(options)).map(([name, dims]) => [name, [...dims]]),
  );
  const unfitted = options.flag('unfitted');
  return {
    ...given,
    shapes,
    ...(unfitted && { refit: false }),
    ...(share !== undefined && { share }),
    ...(macs !== undefined && { macs }),
  };
}

const percent = (part: number, all: number): string =>
  `${all === 0 ? 100 : ((100 * part) / all).toFixed(1)} %`;

/** A row for each layer; those that stay whole say why. */
export function channelsTable({ layers, macsBefore, macsAfter }: ChannelsReport): string {
  const sum = (of: 'channelsBefore' | 'channelsAfter' | 'bytesBefore' | 'bytesAfter'): number =>
    layers.reduce((all, layer) => all + layer[of], 0);
  const rows = layers.map((layer) => [
    layer.name,
    `${layer.channelsBefore}`,
    `${layer.channelsAfter}`,
    countText(layer.macsBefore),
    countText(layer.macsAfter),
    percent(layer.macsAfter, layer.macsBefore),
    bytesText(layer.bytesAfter),
    layer.whole ?? '',
  ]);
  return table(
    [
      { title: 'layer' },
      { title: 'channels', align: 'right' },
      { title: 'left', align: 'right' },
      { title: 'MACs', align: 'right' },
      { title: 'left', align: 'right' },
      { title: 'share', align: 'right' },
      { title: 'weights', align: 'right' },
      { title: 'whole because' },
    ],
    [
      ...rows,
      [
        'all',
        `${sum('channelsBefore')}`,
        `${sum('channelsAfter')}`,
        countText(macsBefore),
        countText(macsAfter),
        percent(macsAfter, macsBefore),
        bytesText(sum('bytesAfter')),
        '',
      ],
    ],
  );
}
