// kompakt prune: sets the least weights of a model to 0.
import { bytesText, KompaktError, Model, openSamples, type PreprocessOptions, prune } from '../../index.js';
import type { Command } from '../command.js';
import { distributionOption, sparsityTable } from '../compression.js';
import { commaList, jsonObject, shareNumber } from '../option-types.js';

export const pruneCommand: Command = {
  name: 'prune',
  summary: 'set the least weights of a model to 0, without training',
  arguments: [{ name: 'model', description: 'ONNX file, FP32' }],
  options: [
    { flags: '-o, --output <file>', description: 'file to write' },
    {
      flags: '--sparsity <share>',
      description: 'share of zeros among all weights, as in 0.8',
      parse: shareNumber,
    },
    distributionOption,
    { flags: '--only <nodes>', description: 'only these layers are pruned: a,b,c', parse: commaList },
    { flags: '--keep <nodes>', description: 'layers that stay as they are: a,b,c', parse: commaList },
    {
      flags: '--eval <source>',
      description:
        'labelled samples to judge the model on before and after: idx:<images>,<labels> and the like',
    },
    { flags: '--preprocess <json>', description: 'of those samples', parse: jsonObject },
  ],
  examples: [
    [
      'kompakt prune net.onnx --sparsity 0.5 -o half.onnx',
      'half of all weights, layer by layer as it hurts least',
    ],
    [
      'kompakt prune net.onnx --sparsity 0.8 --distribution uniform --keep conv1,fc -o sparse.onnx --eval idx:images,labels',
      'the same share of every layer but two; judged before and after',
    ],
  ],
  async run({ args, options, progress }) {
    const [output, sparsity] = [options.text('output'), options.number('sparsity')];
    if (output === undefined)
      throw new KompaktError('KPT_USAGE', 'Option --output is required: it names the file to write.');
    if (sparsity === undefined)
      throw new KompaktError('KPT_USAGE', 'Option --sparsity is required: the share of zeros, as in 0.8.');
    await Model.checkWritable(output);
    const original = await Model.load(args[0]!);
    const [judged, preprocess] = [options.text('eval'), options.value<PreprocessOptions>('preprocess')];
    const [distribution, only] = [options.text('distribution'), options.value<readonly string[]>('only')];
    progress.start('pruning', 1);
    const { model, report } = await prune(original, {
      sparsity,
      ...(distribution !== undefined && { distribution }),
      layers: {
        keep: [...(options.value<readonly string[]>('keep') ?? [])],
        ...(only !== undefined && { only: [...only] }),
      },
      ...(judged !== undefined && {
        evaluate: openSamples({ data: judged, ...(preprocess && { preprocess }) }, original),
      }),
    });
    await model.save(output);
    progress.stop();
    const { bytesBefore, bytesAfter, accuracyBefore, accuracyAfter } = report;
    const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
    return {
      document: { model: args[0]!, output, report },
      text: [
        sparsityTable(report),
        ...report.notes,
        [
          `${output}: ${bytesText(bytesAfter.file)}, compressed ${bytesText(bytesBefore.deflated)} -> ${bytesText(bytesAfter.deflated)}`,
          ...(accuracyBefore === null || accuracyAfter === null
            ? []
            : [`right: ${percent(accuracyBefore)} -> ${percent(accuracyAfter)}`]),
        ].join('\n'),
      ].join('\n\n'),
    };
  },
};
