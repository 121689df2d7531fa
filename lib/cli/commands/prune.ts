// kompakt prune: sets the least weights of a model to 0, or removes the channels that it needs least.
import {
  bytesText,
  KompaktError,
  Model,
  openSamples,
  type PreprocessOptions,
  type PruneOptions,
  prune,
} from '../../index.js';
import { channelOptionSpecs, channelRules, channelsOf, channelsTable } from '../channels.js';
import type { Command, Options } from '../command.js';
import { distributionOption, sparsityTable } from '../compression.js';
import { samplesOf } from '../data.js';
import { needs } from '../option-rules.js';
import {
  commaList,
  dataOptions,
  itsFile,
  positiveNumber,
  shareNumber,
  sourceOption,
} from '../option-types.js';

export const pruneCommand: Command = {
  name: 'prune',
  summary: 'set the least weights of a model to 0, or remove whole channels, without training',
  arguments: [{ name: 'model', description: 'ONNX file, FP32', reads: itsFile }],
  options: [
    { flags: '-o, --output <file>', description: 'file to write', writes: 'file' },
    {
      flags: '--sparsity <share>',
      description: 'share of zeros among all weights, as in 0.8',
      parse: shareNumber,
    },
    distributionOption,
    {
      flags: '--threshold <magnitude>',
      description: 'weights of lesser magnitude become 0, as in 0.01',
      parse: positiveNumber,
    },
    ...channelOptionSpecs,
    { flags: '--only <nodes>', description: 'only these layers are pruned: a,b,c', parse: commaList },
    { flags: '--keep <nodes>', description: 'layers that stay as they are: a,b,c', parse: commaList },
    ...dataOptions,
    {
      flags: '--eval <source>',
      description: 'labelled samples to judge the model on before and after, as --data',
      ...sourceOption,
    },
  ],
  rules: [
    needs(['--distribution'], ['--sparsity']),
    ...channelRules,
    needs(['--samples'], ['--data']),
    needs(['--preprocess'], ['--data', '--eval']),
  ],
  examples: [
    [
      'kompakt prune net.onnx --macs 0.6 --data images:photos -o small.onnx',
      'a smaller and faster model: channels leave until 60 % of the work is left, and the others are fitted on photos; kompakt distill small.onnx --teacher net.onnx regains accuracy',
    ],
    [
      'kompakt prune net.onnx --channels 0.3 --importance taylor --data images:photos -o small.onnx',
      '30 % of the channels, those that the loss needs least on labelled photos',
    ],
    [
      'kompakt prune net.onnx --sparsity 0.7 --data images:photos -o sparse.onnx',
      '70 % of all weights, layer by layer as it hurts least; the others are fitted on photos',
    ],
    [
      'kompakt prune net.onnx --sparsity 0.8 --distribution uniform --keep conv1,fc -o sparse.onnx --eval idx:images,labels',
      'the same share of every layer but two; judged before and after',
    ],
  ],
  async run({ args, options, progress }) {
    const output = options.text('output');
    if (output === undefined)
      throw new KompaktError('KPT_USAGE', 'Option --output is required: it names the file to write.');
    const wanted = wantedOf(options);
    const original = await Model.load(args[0]!);
    const [judged, preprocess] = [options.text('eval'), options.value<PreprocessOptions>('preprocess')];
    const only = options.value<readonly string[]>('only');
    progress.start('pruning', 1);
    const { model, report } = await prune(original, {
      ...wanted,
      layers: {
        keep: [...(options.value<readonly string[]>('keep') ?? [])],
        ...(only !== undefined && { only: [...only] }),
      },
      ...(options.text('data') !== undefined && { data: samplesOf(options, original) }),
      ...(judged !== undefined && {
        evaluate: openSamples({ data: judged, ...(preprocess && { preprocess }) }, original),
      }),
    });
    await model.save(output);
    progress.stop();
    const { channels, bytesBefore, bytesAfter, accuracyBefore, accuracyAfter } = report;
    const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
    const compressed = `compressed ${bytesText(bytesBefore.deflated)} -> ${bytesText(bytesAfter.deflated)}`;
    return {
      document: { model: args[0]!, output, report },
      text: [
        channels === null ? sparsityTable(report) : channelsTable(channels),
        ...report.notes,
        [
          channels === null
            ? `${output}: ${bytesText(bytesAfter.file)}, ${compressed}`
            : `${output}: ${bytesText(bytesBefore.file)} -> ${bytesText(bytesAfter.file)}, ${compressed}`,
          ...(accuracyBefore === null || accuracyAfter === null
            ? []
            : [`right: ${percent(accuracyBefore)} -> ${percent(accuracyAfter)}`]),
        ].join('\n'),
      ].join('\n\n'),
    };
  },
};

/** How much is pruned, and of what. */
function wantedOf(
  options: Options,
): Pick<PruneOptions, 'sparsity' | 'threshold' | 'channels' | 'distribution' | 'refit'> {
  const [sparsity, threshold] = [options.number('sparsity'), options.number('threshold')];
  const distribution = options.text('distribution');
  const channels = channelsOf(options);
  if ([sparsity, threshold, channels].filter((value) => value !== undefined).length !== 1)
    throw new KompaktError(
      'KPT_USAGE',
      'Exactly one of --sparsity (share of zeros), --threshold (weights to be zeros), --channels and --macs (whole channels) is required.',
    );
  return {
    ...(sparsity !== undefined && { sparsity }),
    ...(threshold !== undefined && { threshold }),
    ...(channels !== undefined ? { channels } : options.flag('unfitted') && { refit: false }),
    ...(distribution !== undefined && { distribution }),
  };
}
