// kompakt binarize: trains a binary twin of a model and writes it with one-bit operators.
import {
  type BinarizeReport,
  binarize,
  binaryMethods,
  bytesText,
  counted,
  Model,
  table,
} from '../../index.js';
import type { Command } from '../command.js';
import { needsThat, vainWith } from '../option-rules.js';
import { commaList, itsFile, oneOf, positiveNumber, shareNumber, wholeNumber } from '../option-types.js';
import { modelDescription } from '../preset.js';
import { epochTable, trainAndSave, weightIs, writesCheckpoint } from '../training.js';
import { trainingOptions, withDefaults } from '../training-options.js';

const forms = oneOf('keep', 'weights', 'binary');

export const binarizeCommand: Command = {
  name: 'binarize',
  summary: 'train a model with one bit a weight and activation',
  arguments: [{ name: 'model', description: modelDescription, reads: itsFile }],
  options: [
    {
      flags: '--method <name>',
      description: binaryMethods.map(({ name, summary }) => `${name}: ${summary}`).join('; '),
      parse: oneOf(...binaryMethods.map(({ name }) => name)),
      default: 'bi-real',
    },
    {
      flags: '--act-bits <n>',
      description: 'bits of the activations that binary layers read: 1, 8 or 32',
      parse: oneOf('1', '8', '32'),
      default: '1',
    },
    {
      flags: '--first <form>',
      description: 'what the first layer becomes: keep, weights (binary weights only) or binary',
      parse: forms,
      default: 'keep',
    },
    { flags: '--last <form>', description: 'what the last layer becomes', parse: forms, default: 'keep' },
    { flags: '--only <nodes>', description: 'only these layers become binary: a,b,c', parse: commaList },
    { flags: '--keep <nodes>', description: 'layers that stay as they are: a,b,c', parse: commaList },
    {
      flags: '--keep-sensitive <n>',
      description: 'as many layers stay that do most damage when they alone are binary',
      parse: wholeNumber(0),
    },
    {
      flags: '--activation-epochs <n>',
      description:
        'of the epochs, those with real weights behind binary activations; default: a third of all for a trained model',
      parse: wholeNumber(0),
    },
    {
      flags: '--teacher <file>',
      description:
        'ONNX file that teaches; several times for several; default: the model as it was, when it is trained',
      repeat: true,
      reads: itsFile,
    },
    {
      flags: '--soft-weight <share>',
      description:
        'weight of what is taught; the labels have the rest; default: 1 where there is a teacher or a trained model, else 0',
      parse: shareNumber,
    },
    { flags: '--temperature <t>', description: 'of those answers (default: 1)', parse: positiveNumber },
    {
      flags: '--rest <form>',
      description: 'what layers that are not binary become: int8 or float',
      parse: oneOf('int8', 'float'),
      default: 'int8',
    },
    ...withDefaults(trainingOptions, { '--epochs <n>': 6, '--optimizer <name>': 'adam' }),
  ],
  rules: [
    needsThat(
      ['--temperature'],
      '--teacher or --soft-weight above 0: it is that of what is taught',
      ({ has, options }) =>
        has('--options') || (options.number('softWeight') ?? (has('--teacher') ? 1 : 0)) > 0,
    ),
    vainWith(['--loss'], '--soft-weight 1', weightIs(1)),
    needsThat(
      ['--rest'],
      '--act-bits 1: with 8 the other layers become INT8, with 32 they stay float',
      ({ options }) => options.text('actBits') === '1',
    ),
  ],
  examples: [
    [
      `kompakt binarize preset:binary-cnn --data idx:train-images,train-labels --eval idx:t10k-images,t10k-labels --preprocess '{"scale":0.0039216}' --epochs 6 -o binary.onnx`,
      'a binary network from scratch',
    ],
    [
      'kompakt binarize net.onnx --data images:photos --eval images:judged --method reactnet --epochs 30 --keep-sensitive 2 -o binary.onnx',
      'from a trained model, which teaches its twin',
    ],
  ],
  alsoWrites: writesCheckpoint,
  async run(invocation) {
    const { options } = invocation;
    return trainAndSave(
      invocation,
      async (model, shared) => {
        const teacher: Model[] = [];
        for (const file of options.list<string>('teacher')) teacher.push(await Model.load(file));
        const softWeight = options.number('softWeight');
        const temperature = options.number('temperature');
        const activationEpochs = options.number('activationEpochs');
        const teach =
          softWeight === 0
            ? (false as const)
            : { softWeight: softWeight ?? 1, temperature: temperature ?? 1 };
        return binarize(model, {
          method: options.text('method')!,
          activationBits: Number(options.text('actBits')) as 1 | 8 | 32,
          layers: {
            first: options.text('first') as 'keep',
            last: options.text('last') as 'keep',
            keep: [...(options.value<readonly string[]>('keep') ?? [])],
            keepSensitive: options.number('keepSensitive') ?? 0,
            ...(options.value('only') !== undefined && { only: [...options.list<string>('only')] }),
          },
          rest: options.text('rest') as 'int8' | 'float',
          ...(activationEpochs !== undefined && { activationEpochs }),
          ...(teacher.length > 0 && { teacher }),
          ...((softWeight !== undefined || teacher.length > 0) && { teach }),
          ...shared,
        });
      },
      describe,
    );
  },
};

function describe(report: BinarizeReport): { readonly text: string; readonly steps: string } {
  const { activationStage, weightStage, accuracyBefore, accuracyAfter } = report;
  const percent = (value: number): string => `${(100 * value).toFixed(2)} %`;
  const layers = table(
    [
      { title: 'layer' },
      { title: 'form' },
      { title: 'runs in' },
      { title: 'before', align: 'right' },
      { title: 'after', align: 'right' },
      { title: 'stays because' },
    ],
    report.layers.map(({ name, form, runs, bytesBefore, bytesAfter, why }) => [
      name,
      form ?? 'kept',
      runs,
      bytesText(bytesBefore),
      bytesText(bytesAfter),
      why ?? '',
    ]),
  );
  const parts = [
    ...(activationStage === null ? [] : [`binary activations, real weights\n${epochTable(activationStage)}`]),
    epochTable(weightStage),
    ...weightStage.notes,
    layers,
    ...report.notes,
    ...(accuracyAfter === null
      ? []
      : [
          `right: ${percent(accuracyAfter)}${accuracyBefore === null ? '' : `, before ${percent(accuracyBefore)}`}`,
        ]),
  ];
  const steps = weightStage.steps + (activationStage?.steps ?? 0);
  return {
    text: parts.join('\n\n'),
    steps: `${counted(steps, 'step')} on ${counted(weightStage.samples, 'sample')}`,
  };
}
