// kompakt finetune: trains a model further, or a fresh network, and writes it as ONNX.
import { finetune } from '../../index.js';
import type { Command } from '../command.js';
import { compressionOptions, compressionRules } from '../compression.js';
import { itsFile, wholeNumber } from '../option-types.js';
import { modelDescription } from '../preset.js';
import { runTraining, writesCheckpoint } from '../training.js';
import { realOptions, trainingOptions } from '../training-options.js';

export const finetuneCommand: Command = {
  name: 'finetune',
  summary: 'train a model further, or a network from scratch',
  arguments: [{ name: 'model', description: modelDescription, reads: itsFile }],
  options: [
    ...trainingOptions,
    ...realOptions,
    ...compressionOptions,
    {
      flags: '--residual-rank <n>',
      description:
        'leave the model as it is and train a residual of this rank, which is then added to its weights',
      parse: wholeNumber(1),
    },
  ],
  rules: compressionRules,
  examples: [
    [
      `kompakt finetune preset:lenet-300-100 --data idx:train-images,train-labels --eval idx:t10k-images,t10k-labels --preprocess '{"scale":0.0039216}' -o lenet.onnx`,
      'MNIST from scratch',
    ],
    [
      'kompakt finetune net.onnx --data images:photos --epochs 5 --learning-rate 0.005 --train classifier --resume -o tuned.onnx',
      'the last layer only; goes on where it was when it is run again',
    ],
    [
      'kompakt finetune net.onnx --data images:photos --eval images:more --epochs 5 --weight-bits 4 --act-bits 8 -o net4.onnx',
      'quantised, with weights of 4 bits; the evaluation judges the file that is written',
    ],
    [
      'kompakt finetune net.onnx --data images:photos --epochs 20 --sparsity 0.9 --weight-bits 4 -o sparse4.onnx',
      'nine of ten weights 0, the others of 4 bits',
    ],
  ],
  alsoWrites: writesCheckpoint,
  async run(invocation) {
    const residualRank = invocation.options.number('residualRank');
    return runTraining(invocation, (model, shared) =>
      finetune(model, { ...(residualRank !== undefined && { residualRank }), ...shared }),
    );
  },
};
