// kompakt distill: trains a student on samples and on what teachers answer to them.
import { distill, KompaktError, Model } from '../../index.js';
import type { Command } from '../command.js';
import { compressionOf, compressionOptions, compressionRules } from '../compression.js';
import { vainWith } from '../option-rules.js';
import { type GuidePair, guidePair, itsFile, positiveNumber, shareNumber } from '../option-types.js';
import { modelDescription } from '../preset.js';
import { runTraining, weightIs, writesCheckpoint } from '../training.js';
import { realOptions, trainingOptions } from '../training-options.js';

export const distillCommand: Command = {
  name: 'distill',
  summary: 'train a student to answer as a teacher does',
  arguments: [{ name: 'student', description: modelDescription, reads: itsFile }],
  options: [
    {
      flags: '--teacher <file>',
      description:
        "ONNX file, or 'self' for the student as it is; several times for several teachers (default for a quantised or pruned student: self)",
      repeat: true,
      reads: itsFile,
    },
    ...trainingOptions,
    ...realOptions,
    ...compressionOptions,
    { flags: '--temperature <t>', description: 'of the soft targets', parse: positiveNumber, default: 4 },
    {
      flags: '--soft-weight <share>',
      description: 'weight of the soft targets, of 0 to 1; the labels have the rest',
      parse: shareNumber,
      default: 0.9,
    },
    {
      flags: '--hint <student=teacher>',
      description: 'inner values that shall become alike, optionally with @WEIGHT',
      parse: guidePair,
      repeat: true,
    },
    {
      flags: '--attention <student=teacher>',
      description: 'inner values whose maps of attention shall become alike, optionally with @WEIGHT',
      parse: guidePair,
      repeat: true,
    },
  ],
  rules: [
    ...compressionRules,
    vainWith(['--temperature'], '--soft-weight 0', weightIs(0)),
    vainWith(['--loss'], '--soft-weight 1', weightIs(1)),
  ],
  examples: [
    [
      'kompakt distill preset:small-vgg --width 0.25 --teacher vgg.onnx --data idx:train-images,train-labels -o small.onnx',
      'a student of a quarter of the channels',
    ],
    [
      'kompakt distill student.onnx --teacher a.onnx --teacher b.onnx --data images:photos --soft-weight 1 -o out.onnx',
      'two teachers, no labels needed',
    ],
    [
      'kompakt distill net.onnx --data images:photos --soft-weight 1 --weight-bits 4 --act-bits 4 -o net4.onnx',
      'quantised, with the model as it was for its teacher',
    ],
    [
      'kompakt distill sparse.onnx --teacher net.onnx --data images:photos --sparsity kept -o taught.onnx',
      'a pruned student that keeps its zeros',
    ],
  ],
  alsoWrites: writesCheckpoint,
  async run(invocation) {
    const { options } = invocation;
    const sources = options.list<string>('teacher');
    if (sources.length === 0 && Object.keys(compressionOf(options)).length === 0)
      throw new KompaktError('KPT_USAGE', 'Option --teacher is required: it names the model to learn from.');
    return runTraining(invocation, async (student, shared) => {
      const teacher: Model[] = [];
      for (const source of sources) teacher.push(source === 'self' ? student : await Model.load(source));
      return distill(student, {
        ...(teacher.length > 0 && { teacher }),
        temperature: options.number('temperature')!,
        softWeight: options.number('softWeight')!,
        hints: [...options.list<GuidePair>('hint')],
        attention: [...options.list<GuidePair>('attention')],
        ...shared,
      });
    });
  },
};
