// Text tables: columns as wide as their widest cell, numbers to the right, words to the left.
import { requireArgument } from '../errors.js';

export type Cell = string | number | null;

export interface Column {
  readonly title: string;
  /** Default: 'right' when every cell of the column is a number or empty, else 'left'. */
  readonly align?: 'left' | 'right';
  /** Digits after the point for numeric cells; integers by default. */
  readonly digits?: number;
}

/** Renders rows under their titles. Empty cells (null) print as '-'; lines carry no trailing blanks. */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
  requireArgument(Array.isArray(columns), 'a list of columns', 'table', columns);
  requireArgument(Array.isArray(rows), 'a list of rows', 'table', rows);
  const texts = rows.map((row) => columns.map((column, i) => cellText(row[i] ?? null, column.digits ?? 0)));
  const widths = columns.map((column, i) =>
    Math.max(width(column.title), ...texts.map((row) => width(row[i]!))),
  );
  const right = columns.map((column, i) =>
    column.align === undefined
      ? rows.length > 0 && rows.every((row) => typeof (row[i] ?? 0) === 'number')
      : column.align === 'right',
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, i) => {
        const fill = ' '.repeat(widths[i]! - width(text));
        return right[i] ? fill + text : text + fill;
      })
      .join('  ')
      .trimEnd();
  const rule = widths.map((count) => '-'.repeat(count)).join('  ');
  return [line(columns.map((column) => column.title)), rule, ...texts.map(line)].join('\n');
}

const width = (text: string): number => [...text].length;

function cellText(cell: Cell, digits: number): string {
  if (cell === null) return '-';
  if (typeof cell === 'string') return cell;
  if (Number.isNaN(cell)) return 'nan';
  if (!Number.isFinite(cell)) return cell > 0 ? 'inf' : '-inf';
  return cell.toFixed(digits);
}

/** 1536 -> "1.5 KiB". */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`;
}

/** "1 epoch", "2 epochs". */
export const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;

/** 1500000 -> "1.50 M". */
export function countText(count: number): string {
  const units = ['', ' k', ' M', ' G', ' T'];
  let value = count;
  let unit = 0;
  while (Math.abs(value) >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? String(count) : `${value.toFixed(value < 10 ? 2 : 1)}${units[unit]}`;
}
