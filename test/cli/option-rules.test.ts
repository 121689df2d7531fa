// Options that would be passed over are refused, by each command's own rules; what goes together stays allowed.
import { flagOf } from '../../lib/cli/command.js';
import { commands } from '../../lib/cli/commands/index.js';
import { kompakt } from '../helpers/kompakt.js';

test.each([
  ['bench m --seconds 1 --runs 5', '--seconds is of no use with --runs.'],
  ['bench m --fresh 2 --operators 5', '--operators is of no use with --fresh.'],
  ['binarize m --act-bits 8 --rest float', '--rest needs --act-bits 1: with 8'],
  ['binarize m --soft-weight 1 --loss cross-entropy', '--loss is of no use with --soft-weight 1.'],
  ['compare a b --outputs-only --all-layers', '--all-layers is of no use with --outputs-only.'],
  [
    'compress m --recipe r.json --max-drop 1 --first --report r.html',
    '--max-drop, --first and --report are of no use with --recipe: there is no search',
  ],
  ['compress m --methods int8,mixed --epochs 3', '--epochs needs one of few-bits, qat, '],
  ['distill m --soft-weight 0 --temperature 2', '--temperature is of no use with --soft-weight 0.'],
  ['distill m --soft-weight 1 --loss mean-squared-error', '--loss is of no use with --soft-weight 1.'],
  ['distill m --prune-keep a', '--prune-keep needs --sparsity.'],
  ['explain a b --seconds 0 --threads 2', '--threads is of no use with --seconds 0.'],
  ['finetune m --distribution erk --prune-keep a', '--distribution and --prune-keep need --sparsity.'],
  ['finetune m --sparsity kept --distribution erk', '--distribution is of no use with --sparsity kept'],
  ['finetune m --first-last-bits 8', '--first-last-bits needs --weight-bits or --act-bits'],
  ['finetune m --act-bits 4 --int8-storage', '--int8-storage needs --weight-bits'],
  ['prune m --threshold 0.5 --floor 2 --shape x=1', '--floor and --shape need --channels or --macs.'],
  [
    'prune m --macs 0.5 --data idx:file --batch 4',
    '--batch needs --importance taylor, which looks at --data.',
  ],
  ['prune m --macs 0.5 --seed 4', '--seed needs --importance taylor or random: the others draw nothing.'],
  ['prune m --macs 0.5 --unfitted --data idx:file', '--data is of no use with --unfitted, unless'],
  ['prune m --sparsity 0.5 --samples 5 --eval idx:file', '--samples needs --data.'],
  ['prune m --sparsity 0.5 --preprocess {}', '--preprocess needs --data or --eval.'],
  ['quantize m --int8-storage', '--int8-storage needs --weight-bits'],
  ['run m --input x=a.npy --data idx:file --samples 3', '--data and --samples are of no use with --input.'],
  ['serve m --target 20', '--target needs --variant, among which'],
  ['serve m --variant a', '--variant needs --target, the time'],
  ['serve m --max-wait 3', '--max-wait needs --max-batch, in which'],
  ['tune m --validate idx:file --holdout 0.2', '--holdout is of no use with --validate.'],
  ['tune m --rungs none --eta 2 --least 2', '--eta and --least are of no use with --rungs none.'],
])('%s is refused', async (line, message) => {
  const { code, err } = await kompakt(...line.split(' '));
  expect(err).toContain(`error[KPT_USAGE]: ${message}`);
  expect(code).toBe(2);
});

test.each([
  'bench m --runs 5 --operators 3',
  'binarize m --soft-weight 0.5 --temperature 2 --loss cross-entropy --data idx:file -o out.onnx',
  'binarize m --options {"teach":{}} --temperature 2 --data idx:file -o out.onnx',
  'compress m --recipe r.json --data idx:file --samples 5 --threads 1 -o out.onnx',
  'compress m --methods int8,qat --epochs 3 --max-drop 1 --data idx:file -o out.onnx',
  'finetune m --sparsity kept --prune-keep a --data idx:file -o out.onnx',
  'finetune m --sparsity 0.5 --distribution erk --data idx:file -o out.onnx',
  'finetune m --options {"quantize":{"weightBits":4}} --int8-storage --data idx:file -o out.onnx',
  'prune m --macs 0.5 --unfitted -o out.onnx',
  'prune m --macs 0.5 --importance taylor --unfitted --data idx:file --batch 4 --seed 2 -o out.onnx',
  'prune m --sparsity 0.5 --data idx:file --samples 5 -o out.onnx',
  'prune m --threshold 0.5 --unfitted -o out.onnx',
  'prune m --sparsity 0.5 --eval idx:file --preprocess {} -o out.onnx',
  'quantize m --act-bits 4 --first-last-bits 8 --data idx:file',
  'run m --data idx:file --samples 3',
  'serve m --variant a --target 20 --max-batch 4 --max-wait 3',
  'tune m --rungs halving --eta 2 --least 2 --holdout 0.2 --data idx:file -o out.onnx',
])('%s is asked for as before', async (line) => {
  const { err } = await kompakt(...line.split(' '));
  expect(err).toContain('error[KPT_FILE_NOT_FOUND]');
});

test.each(commands.map((command) => [command.name, command] as const))(
  '%s: its rules are about options that it has',
  (_, { options, rules = [] }) => {
    const flags = options.map((option) => flagOf(option.flags));
    for (const rule of rules) {
      const named = [...rule.flags, ...(rule.words(true).match(/--[\w-]+/g) ?? [])];
      expect(flags).toEqual(expect.arrayContaining(named));
    }
  },
);
