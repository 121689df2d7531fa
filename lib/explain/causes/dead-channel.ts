// Channels that never change: made so by compression, or so from the start.
import { type ChannelStatistics, medianOf, rmsOf } from '../layer-statistics.js';
import { type Cause, type Finding, type LayerFacts, shareText } from './cause.js';

/** Values of a channel that must be seen before it is called constant. */
const leastCount = 32;
/** A channel that is smaller than this part of the usual one may vanish in rounding without harm. */
const worthKeeping = 0.5;
/** Share of dead channels that is worth telling of a model that had them before. */
const worthTelling = 0.1;

const isConstant = ({ min, max }: ChannelStatistics): boolean => min === max;

export const deadChannel: Cause = {
  name: 'dead-channel',
  summary: 'channels whose output is the same whatever the input',
  find: ({ layers }) => layers.flatMap((layer) => [...killed(layer), ...unborn(layer)]),
};

function killed({ pair, statistics }: LayerFacts): readonly Finding[] {
  const channels = statistics?.channels ?? [];
  const usual = medianOf(channels.map(rmsOf));
  const dead = channels.flatMap((channel, c) =>
    channel.count >= leastCount &&
    !isConstant(channel) &&
    channel.givenMin === channel.givenMax &&
    rmsOf(channel) >= worthKeeping * usual
      ? [c]
      : [],
  );
  if (dead.length === 0) return [];
  return [
    {
      cause: deadChannel.name,
      severity: 'fault',
      layer: pair.name,
      message: `${dead.length === 1 ? `Channel ${dead[0]}` : `${dead.length} channels (${dead.slice(0, 5).join(', ')}${dead.length > 5 ? ', ...' : ''})`} of ${channels.length} alive in the original ${dead.length === 1 ? 'has' : 'have'} one value only.`,
      evidence: { dead: dead.length, of: channels.length, first: dead[0]! },
      remedy: 'Look for what took its steps away (an outlier, a wide range), or keep the layer in float.',
      options: [`--exclude-names ${pair.name}`],
    },
  ];
}

function unborn({ pair, before, statistics }: LayerFacts): readonly Finding[] {
  const channels = statistics?.channels ?? [];
  if (before === undefined) return [];
  const dead = channels.filter((channel) => channel.count >= leastCount && isConstant(channel)).length;
  if (dead === 0 || dead < worthTelling * channels.length) return [];
  return [
    {
      cause: deadChannel.name,
      severity: 'hint',
      layer: pair.name,
      message: `${dead} of ${channels.length} channels (${shareText(dead / channels.length)}) never change in the original either.`,
      evidence: { dead, of: channels.length },
      remedy: 'They cost time for nothing: a model with fewer channels would do as well.',
      options: [],
    },
  ];
}
