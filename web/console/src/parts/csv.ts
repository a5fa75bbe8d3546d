// A list as a file for a spreadsheet: page after page of it, so that it may be long.

/** How a text begins that a spreadsheet takes for a formula; and the sign that is put before it, so that one ' taken away
 * always gives the text. The gateway's exports do the same: gateway/importing/spreadsheets.py. */
const FORMULA = /^[=+\-@\t\r\n'＝＋－＠]/u;

export function guarded(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** RFC 4180. A student's id is whatever they chose; numbers of ours stay numbers. */
export function csvCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = guarded(value);
  return /[",\r\n;\t']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvRow(cells: readonly (string | number | null | undefined)[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

/** Spreadsheets take a file for UTF-8 where it begins with this. */
const MARK = "\uFEFF";

export function saveCsv(name: string, rows: string[]): void {
  const address = URL.createObjectURL(new Blob([MARK, ...rows], { type: "text/csv;charset=utf-8" }));
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // the browser reads it when the download begins
}
