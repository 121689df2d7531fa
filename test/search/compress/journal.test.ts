// The journal: findings survive, half a line does not, and another search or another file is refused.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Journal } from '../../../lib/search/compress/journal.js';
import { measuresOf } from '../../helpers/candidates.js';
import { folder } from '../../helpers/data-files.js';

const finding = { measures: measuresOf({ drop: 1 }), sha256: 'abc', seconds: 3 };
const failure = { failure: { code: 'KPT_TRAINING_DIVERGED', message: 'it did' }, seconds: 1 };

test('what is added is found again, also by the next', async () => {
  const path = join(folder, 'a.jsonl');
  const journal = await Journal.open(path, { model: 'm' });
  await journal.add('one', 'words', finding);
  await journal.add('two', 'words', failure);
  expect(journal.find('one')).toEqual(finding);
  const next = await Journal.open(path, { model: 'm' });
  expect(next.find('one')).toEqual(finding);
  expect(next.find('two')).toEqual(failure);
  expect(next.find('three')).toBeUndefined();
});

test('a line that was cut off is dropped, and what follows is whole', async () => {
  const path = join(folder, 'b.jsonl');
  await (await Journal.open(path, { model: 'm' })).add('one', 'words', finding);
  appendFileSync(path, '{"key":"two","find');
  const journal = await Journal.open(path, { model: 'm' });
  expect(journal.find('two')).toBeUndefined();
  await journal.add('two', 'words', finding);
  expect((await Journal.open(path, { model: 'm' })).find('two')).toEqual(finding);
  expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(3);
});

test('another subject is refused by name', async () => {
  const path = join(folder, 'c.jsonl');
  await Journal.open(path, { model: 'm', data: 'd' });
  await expect(Journal.open(path, { model: 'm', data: 'e' })).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
    message: expect.stringContaining('another data;'),
  });
});

test.each([
  ['a file of something else', 'hello\nworld\n'],
  ['a trial without measures', '{"subject":{"model":"m"}}\n{"key":"one","finding":{}}\n'],
])('%s is refused', async (name, text) => {
  const path = join(folder, `${name}.jsonl`);
  writeFileSync(path, text);
  await expect(Journal.open(path, { model: 'm' })).rejects.toMatchObject({ code: 'KPT_DATA_MALFORMED' });
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test('without a file it remembers for itself', async () => {
  const journal = await Journal.open(null, {});
  await journal.add('one', 'words', finding);
  expect(journal.find('one')).toEqual(finding);
});
