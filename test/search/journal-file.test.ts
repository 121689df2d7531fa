// Journals: lines survive, half a line does not, and another search or another file is refused and left as it is.
import fs, { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { JournalFile, type Subject } from '../../lib/search/journal-file.js';
import { folder } from '../helpers/data-files.js';

const line = z.strictObject({ n: z.number() });
const open = (path: string, subject: Subject = { model: 'm' }) =>
  new JournalFile(path, { of: 'kompakt test', subject, line });
const error = (code: string, message = ''): Error =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

test('what is added is found by the next', () => {
  const path = join(folder, 'found.jsonl');
  const journal = open(path);
  expect(journal.lines).toEqual([]);
  journal.add({ n: 1 });
  journal.add({ n: 2 });
  expect(open(path).lines).toEqual([{ n: 1 }, { n: 2 }]);
});

test('cut off anywhere, whole lines stay and what follows is whole', () => {
  const path = join(folder, 'cut.jsonl');
  open(path).add({ n: 1 });
  const whole = readFileSync(path);
  const first = whole.indexOf('\n') + 1;
  for (let size = 0; size <= whole.length; size++) {
    writeFileSync(path, whole.subarray(0, size));
    const journal = open(path);
    expect(journal.lines).toEqual(size === whole.length ? [{ n: 1 }] : []);
    expect(readFileSync(path)).toEqual(size === whole.length ? whole : whole.subarray(0, first));
    journal.add({ n: 2 });
    expect(open(path).lines.at(-1)).toEqual({ n: 2 });
  }
});

/** The next write takes a few bytes only, and the one after it is answered with the error, where there is one. */
function shortWrite(then?: Error): void {
  const write = fs.writeSync as (file: number, bytes: Uint8Array) => number;
  const spy = jest.spyOn(fs, 'writeSync');
  spy.mockImplementationOnce((file, bytes) =>
    write(file, Buffer.from(bytes as unknown as Uint8Array).subarray(0, 4)),
  );
  if (then !== undefined)
    spy.mockImplementationOnce(() => {
      throw then;
    });
}
afterEach(() => jest.restoreAllMocks());

test('a write that takes a part of the line is gone on with', () => {
  const path = join(folder, 'short.jsonl');
  const journal = open(path);
  shortWrite();
  journal.add({ n: 1 });
  journal.add({ n: 2 });
  expect(open(path).lines).toEqual([{ n: 1 }, { n: 2 }]);
});

test('half a line of a full disk is cut off before the next one', () => {
  const path = join(folder, 'full.jsonl');
  const journal = open(path);
  journal.add({ n: 1 });
  shortWrite(new Error('ENOSPC'));
  expect(() => journal.add({ n: 2 })).toThrow(error('KPT_FILE_WRITE'));
  expect(readFileSync(path, 'utf8')).toMatch(/\{"n":1\}\n\{"n"$/);
  journal.add({ n: 3 });
  expect(open(path).lines).toEqual([{ n: 1 }, { n: 3 }]);
});

test('another subject is refused by name, and the order of its parts does not count', () => {
  const path = join(folder, 'subject.jsonl');
  open(path, { model: 'm', data: 'd', absent: undefined });
  open(path, { data: 'd', model: 'm' });
  expect(() => open(path, { model: 'm', data: 'e' })).toThrow(
    error('KPT_OPTION_INVALID', 'data (was "d", is "e");'),
  );
  expect(() => open(path, { model: 'm' })).toThrow(error('KPT_OPTION_INVALID', 'data (was "d", is absent);'));
});

const head = '{"journal":"kompakt test","subject":{"model":"m"}}\n';
test.each([
  ['something else', 'hello\nworld\n'],
  ['half a line of something else', '{"other'],
  ['no first line', '{"n":1}\n'],
  ['the journal of another function', head.replace('test', 'tune')],
  ['a subject that is none', head.replace('{"model":"m"}', '7')],
  ['a line that is none', `${head}{"n":"one"}\n`],
  ['a line that is nothing', `${head}null\n`],
  ['an empty line', `${head}\n`],
])('%s is refused and left as it is', (name, text) => {
  const path = join(folder, `${name}.jsonl`);
  writeFileSync(path, text);
  expect(() => open(path)).toThrow(error('KPT_DATA_MALFORMED', 'kompakt test'));
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test('places that cannot be read or written', () => {
  expect(() => open(folder)).toThrow(error('KPT_FILE_NOT_FOUND'));
  expect(() => open(join(folder, 'none', 'a.jsonl'))).toThrow(error('KPT_FILE_WRITE'));
});
