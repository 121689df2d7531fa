// The journal of compress: findings survive, also those that failed.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Journal } from '../../../lib/search/compress/journal.js';
import { measuresOf } from '../../helpers/candidates.js';
import { folder } from '../../helpers/data-files.js';

const finding = { measures: measuresOf({ drop: 1 }), sha256: 'abc', notes: [], seconds: 3 };
const failure = { failure: { code: 'KPT_TRAINING_DIVERGED', message: 'it did' }, seconds: 1 };

test('what is added is found again, also by the next', () => {
  const path = join(folder, 'a.jsonl');
  const journal = new Journal(path, { model: 'm' });
  journal.add('one', 'words', finding);
  journal.add('two', 'words', failure);
  expect(journal.find('one')).toEqual(finding);
  const next = new Journal(path, { model: 'm' });
  expect(next.find('one')).toEqual(finding);
  expect(next.find('two')).toEqual(failure);
  expect(next.find('three')).toBeUndefined();
});

test('a trial without measures is refused', () => {
  const path = join(folder, 'b.jsonl');
  writeFileSync(
    path,
    '{"journal":"kompakt compress","subject":{"model":"m"}}\n{"key":"one","words":"","finding":{}}\n',
  );
  expect(() => new Journal(path, { model: 'm' })).toThrow(
    expect.objectContaining({ code: 'KPT_DATA_MALFORMED' }),
  );
});

test('without a file it remembers for itself', () => {
  const journal = new Journal(null, {});
  journal.add('one', 'words', finding);
  expect(journal.find('one')).toEqual(finding);
});
