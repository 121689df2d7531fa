// Patterns of RE2: against JavaScript's and onnxruntime's, and what takes them exponential time.
import { attr } from '../../../lib/graph/attribute.js';
import { fullMatcher } from '../../../lib/ops/shared/regular-expression.js';
import { tensor } from '../../../lib/tensor/tensor.js';
import { onnxFile, runInOrt } from '../../helpers/onnx-file.js';
import { reference } from '../../helpers/run-reference.js';

const texts = [
  '',
  'a',
  'A',
  'aa',
  'ab',
  'abab',
  'abc',
  'b',
  'foo@bar.com',
  'foo.bar',
  '12',
  '-3.25e7',
  'a b',
  ' a\n',
  'a\nb',
  '\n',
  'äöü',
  'ÄÖÜ',
  'ελ',
  '日本',
  '🙂',
  'x_1',
  ']',
  'a-b',
  '^',
  '\\',
  'aaaaab',
  'K',
];

const patterns = [
  'a*',
  'a+b?',
  '(ab)*',
  '(a|b|ab)*',
  'a{2}',
  'a{1,2}',
  'a{0,}b',
  '(?:a|b){2,4}',
  '[a-c]+',
  '[^a-c]*',
  '[]a]+',
  '[a-]+b',
  '[\\w.]+@[\\w.]+\\.(com|org)',
  '[-+]?\\d+(\\.\\d*)?([eE][-+]?\\d+)?',
  '.*',
  '(?s).*',
  '(?s:.)a..?',
  '(?i)a[B]?.*',
  '(?i:Ä)ö.',
  '\\s*a\\s*',
  '\\S+\\s\\S+',
  '\\W',
  '\\D*',
  '^a$',
  '\\Aab\\z',
  '\\ba\\b.*',
  'a\\Bb',
  '(?m)a$\\n^b',
  'a$\\nb',
  '[[:alpha:]]+',
  '[[:^alpha:]]*',
  '[[:digit:][:space:]a]+',
  '\\p{Greek}+',
  '\\pL+',
  '\\P{L}*',
  '[\\p{Lu}]+',
  '\\x41|\\x{1F642}',
  '\\^|\\\\|\\]',
  'a*?b',
  '(?P<name>a)(?<other>b)c?',
  '|a',
  '()',
  'a||b',
  '(a*)*b',
  '(?:)',
  'x{',
  'x_[0-9]',
  '(((a)|b)|c)*',
];

test.each(patterns)('%j gives what onnxruntime gives', async (pattern) => {
  const x = tensor('string', [texts.length], texts);
  const attributes = { pattern: attr.string(pattern) };
  const [mine] = reference({ op: 'RegexFullMatch', inputs: [x], attributes });
  const file = onnxFile({
    opset: 20,
    inputs: { x },
    nodes: [{ op: 'RegexFullMatch', inputs: ['x'], outputs: ['y'], attributes }],
    outputs: { y: 'bool' },
  });
  const { y } = await runInOrt(file, { x });
  expect(texts.map((text, i) => [text, mine.data[i]])).toEqual(
    texts.map((text, i) => [text, Number(y!.values[i])]),
  );
});

test('the time is linear in the text', () => {
  const start = performance.now();
  expect(fullMatcher('(a+)+(a|aa)*(.*a){10}', 'node')(`${'a'.repeat(20_000)}!`)).toBe(false);
  expect(fullMatcher('(x+x+)+y', 'node')('x'.repeat(20_000))).toBe(false);
  expect(performance.now() - start).toBeLessThan(5_000);
});

test.each([
  '(',
  ')',
  'a)',
  '[a',
  'a**b{2,1}',
  '*a',
  '(?=a)',
  '(a)\\1',
  '\\C',
  '\\p{Nothing}',
  '[b-a]',
  'a{1001}',
  '(?x)a',
  '[[:no:]]',
  '\\',
])('%j is no pattern', (pattern) => {
  expect(() => fullMatcher(pattern, 'the node')).toThrow('pattern of the node');
});

test('repetitions of repetitions are bounded', () => {
  expect(() => fullMatcher('((a{1000}){1000}){1000}', 'the node')).toThrow('repeats too much');
  expect(() => fullMatcher('('.repeat(5000) + ')'.repeat(5000), 'the node')).toThrow('too deep');
});
