// A list as a file for a spreadsheet: page after page of it, so that it may be long.

/** RFC 4180. What a spreadsheet would run as a formula is made text by an apostrophe before it, for a student's id is
 * whatever they chose; numbers of ours stay numbers. */
export function csvCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const isFormula = /^[\s]*[=+\-@\t\r\n|%＝＋－＠]/u.test(value) && !/^-?\d+(\.\d+)?$/.test(value);
  const text = isFormula ? `'${value}` : value;
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
