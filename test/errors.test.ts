import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorTable, expected, isKompaktError, KompaktError, systemReason } from '../lib/errors.js';

test('an error carries its code, details, cause and the remedy of the table', () => {
  const cause = new Error('disk');
  const error = new KompaktError('KPT_FILE_WRITE', 'The file cannot be written.', { path: 'a' }, cause);
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    code: 'KPT_FILE_WRITE',
    details: { path: 'a' },
    cause,
    name: 'KompaktError',
  });
  expect(error.remedy).toBe(errorTable.KPT_FILE_WRITE.remedy);
});

test('errors are known by their code, whoever made them', () => {
  expect(isKompaktError(new KompaktError('KPT_INTERNAL', 'x'))).toBe(true);
  expect(isKompaktError({ code: 'KPT_INTERNAL' })).toBe(true);
  for (const other of [new Error('x'), { code: 'ENOENT' }, null, undefined, 'KPT_INTERNAL'])
    expect(isKompaktError(other)).toBe(false);
});

test('every entry says what it means and what to do, in sentences', () => {
  for (const [code, { meaning, remedy }] of Object.entries(errorTable)) {
    expect(code).toMatch(/^KPT_[A-Z]+(_[A-Z]+)*$/);
    expect(meaning).toMatch(/^(?:[A-Z]|kompakt ).*\.$/);
    expect(remedy).toMatch(/\.$/);
    expect(`${meaning}${remedy}`).not.toContain('|');
  }
});

test.each([
  [[1, 3], 'received [1,3].'],
  ['x'.repeat(100), `received "${'x'.repeat(77)}...".`],
  [undefined, 'received undefined.'],
  [null, 'received null.'],
  [7, 'received 7'],
])('expected() shows %j', (got, text) => {
  const message = expected('this', 'that', got);
  expect(message.startsWith('Expected this for that but ')).toBe(true);
  expect(message).toContain(text);
});

test('why the system refused a file, where it says so', () => {
  const reason = (make: () => unknown): string => {
    try {
      make();
    } catch (error) {
      return systemReason(error);
    }
    return 'none';
  };
  expect(reason(() => readFileSync(join(__dirname, 'none')))).toBe(': no such file or directory');
  expect(reason(() => readFileSync(__dirname))).toBe(': illegal operation on a directory');
  expect(systemReason(new Error('ENOSPC: no space left on device, write'))).toBe(': no space left on device');
  for (const other of [undefined, 'text', new Error('other'), new TypeError('Error: a, b')])
    expect(systemReason(other)).toBe('');
});
