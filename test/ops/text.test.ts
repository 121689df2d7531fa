// Operators on strings.
import { attr } from '../../lib/graph/attribute.js';
import { fromNumbers, i64, type TensorValue, tensor } from '../../lib/tensor/tensor.js';
import { expectAgreement, referenceOf } from '../helpers/one-node.js';

const text = (dims: number[], ...values: string[]): TensorValue => tensor('string', dims, values);

describe('StringNormalizer', () => {
  test.each([
    ['NONE', 1, ['Monday', 'TUESDAY', 'wednesday']],
    ['LOWER', 0, ['tuesday', 'wednesday']],
    ['UPPER', 1, ['MONDAY', 'TUESDAY', 'WEDNESDAY']],
  ])('%s, case sensitive %d', (action, sensitive, wanted) => {
    const [y] = referenceOf({
      op: 'StringNormalizer',
      inputs: [text([1, 4], 'Monday', 'TUESDAY', 'monday', 'wednesday')],
      attributes: {
        case_change_action: attr.string(action),
        is_case_sensitive: attr.int(sensitive),
        stopwords: attr.strings(['monday']),
      },
    });
    expect(y).toMatchObject({ dims: [1, wanted.length], data: wanted });
  });
  test('against onnxruntime', () =>
    expectAgreement({
      op: 'StringNormalizer',
      inputs: [text([3], 'a', 'b', 'A')],
      attributes: { is_case_sensitive: attr.int(1), stopwords: attr.strings(['a']) },
    }));
  test('nothing left is one empty string', () => {
    const attributes = { stopwords: attr.strings(['a']) };
    const [y] = referenceOf({ op: 'StringNormalizer', inputs: [text([2], 'a', 'A')], attributes });
    expect(y).toMatchObject({ dims: [1], data: [''] });
  });
});

describe('TfIdfVectorizer', () => {
  const attributes = {
    ngram_counts: attr.ints([0, 4]),
    ngram_indexes: attr.ints([0, 1, 2, 3, 4, 5, 6]),
    pool_int64s: attr.ints([2, 3, 5, 4, 5, 6, 7, 8, 6, 7]),
  };
  const rows = [1, 1, 3, 3, 3, 7, 8, 6, 7, 5, 6, 8];
  test.each([
    ['TF', 1, 2, 0],
    ['TF', 1, 2, 5],
    ['TF', 2, 2, 1],
    ['IDF', 1, 2, 3],
    ['TFIDF', 1, 2, 3],
  ])('%s of %d to %d with %d skips', (mode, shortest, longest, skips) =>
    expectAgreement({
      op: 'TfIdfVectorizer',
      inputs: [fromNumbers('int32', [2, 6], rows)],
      attributes: {
        ...attributes,
        mode: attr.string(mode),
        min_gram_length: attr.int(shortest),
        max_gram_length: attr.int(longest),
        max_skip_count: attr.int(skips),
        weights: attr.floats([1, 2, 3, 0.5, 2, 4, 0.25]),
      },
    }),
  );
  test('of one row of strings', () =>
    expectAgreement({
      op: 'TfIdfVectorizer',
      inputs: [text([4], 'a', 'b', 'a', 'c')],
      attributes: {
        mode: attr.string('TF'),
        min_gram_length: attr.int(1),
        max_gram_length: attr.int(2),
        max_skip_count: attr.int(1),
        ngram_counts: attr.ints([0, 2]),
        ngram_indexes: attr.ints([1, 0, 3]),
        pool_strings: attr.strings(['a', 'c', 'a', 'a']),
      },
    }));
  test('an unknown mode is refused', () => {
    const run = () =>
      referenceOf({
        op: 'TfIdfVectorizer',
        inputs: [i64([1])],
        attributes: { ...attributes, mode: attr.string('TIF') },
      });
    expect(run).toThrow(expect.objectContaining({ code: 'KPT_ATTRIBUTE_INVALID' }));
  });
});

test('StringConcat', () =>
  expectAgreement({
    op: 'StringConcat',
    opset: 20,
    inputs: [text([2, 1], 'a', 'b'), text([3], 'x', '', 'z')],
  }));

describe('StringSplit', () => {
  test('of an empty string is one empty string, as in the definition', () => {
    const attributes = { delimiter: attr.string(',') };
    const outputs = referenceOf({ op: 'StringSplit', inputs: [text([1], '')], outputs: 2, attributes });
    expect(outputs).toMatchObject([{ dims: [1, 1], data: [''] }, { data: BigInt64Array.of(1n) }]);
  });
  test.each([
    [',', undefined],
    [',', 1],
    ['--', undefined],
    ['', undefined],
    ['', 1],
  ])('at "%s", at most %s times', (delimiter, most) =>
    expectAgreement({
      op: 'StringSplit',
      opset: 20,
      inputs: [text([2, 2], 'a,b,,c', ' d  e f ', '  ', 'g--h,i')],
      outputs: 2,
      attributes: {
        delimiter: attr.string(delimiter),
        ...(most !== undefined && { maxsplit: attr.int(most) }),
      },
    }),
  );
});
