// What all benchmarks print: one table, or the rows as JSON.
import { table } from '../dist/index.js';

/** `columns`: [title, row -> cell] or [title, row -> number, digits]; numbers to the right. */
export function tableOf(rows, columns) {
  return table(
    columns.map(([title, , digits]) => (digits === undefined ? { title } : { title, align: 'right' })),
    rows.map((row) =>
      columns.map(([, cell, digits]) => {
        const value = cell(row);
        return digits === undefined || value === null || value === undefined
          ? (value ?? null)
          : value.toFixed(digits);
      }),
    ),
  );
}

export const print = (rows, columns, json) =>
  console.log(json ? JSON.stringify(rows, null, 2) : tableOf(rows, columns));
