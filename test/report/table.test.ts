import { bytesText, counted, countText, table } from '../../lib/report/table.js';

test('numbers stand right, words left, and columns are as wide as their widest cell', () => {
  const text = table(
    [{ title: 'name' }, { title: 'ms', digits: 2 }, { title: 'note' }],
    [
      ['conv', 1.5, 'first'],
      ['a longer name', 120, null],
    ],
  );
  expect(text.split('\n')).toEqual([
    'name               ms  note',
    '-------------  ------  -----',
    'conv             1.50  first',
    'a longer name  120.00  -',
  ]);
});

test('infinities and NaN are named', () => {
  const rows = [[Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY], [Number.NaN]];
  expect(
    table([{ title: 'x' }], rows)
      .split('\n')
      .slice(2),
  ).toEqual([' inf', '-inf', ' nan']);
});

test('a table without rows is its head', () => {
  expect(table([{ title: 'a' }, { title: 'bc' }], [])).toBe('a  bc\n-  --');
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.50 KiB'],
  [20 * 2 ** 20, '20.0 MiB'],
  [-2048, '-2.00 KiB'],
])('%d bytes read %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test.each([
  [999, '999'],
  [1_500_000, '1.50 M'],
  [12_345, '12.3 k'],
])('%d reads %s', (count, text) => {
  expect(countText(count)).toBe(text);
});

test('one thing, several things', () => {
  expect([0, 1, 2].map((count) => counted(count, 'epoch'))).toEqual(['0 epochs', '1 epoch', '2 epochs']);
});
