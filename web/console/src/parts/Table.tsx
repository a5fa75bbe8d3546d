// A table; on a phone, each row is a card whose cells say what they are.

import type { ReactNode } from "react";

export interface Column<Row> {
  name: string;
  cell: (row: Row) => ReactNode;
  isNumber?: boolean;
  /** What people wrote: it may be long, and without a blank. */
  isFree?: boolean;
}

interface Props<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** What is said where there are no rows. */
  empty: ReactNode;
  /** Rows that changed while one looked at them. */
  fresh?: ReadonlySet<string>;
}

// The roles are said, because a table that is displayed as blocks is no table to some readers.
export function Table<Row>({ caption, columns, rows, keyOf, empty, fresh }: Props<Row>) {
  if (rows.length === 0) return <p className="empty">{empty}</p>;
  return (
    <table role="table">
      <caption>{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ name, isNumber }) => (
            <th key={name} role="columnheader" scope="col" className={isNumber ? "number" : ""}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={keyOf(row)} role="row" className={fresh?.has(keyOf(row)) ? "fresh" : ""}>
            {columns.map(({ name, cell, isNumber, isFree }) => (
              <td key={name} role="cell" data-name={name} className={isNumber ? "number" : isFree ? "free" : ""}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
