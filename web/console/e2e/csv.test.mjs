// What the console saves as CSV, beside the same cases as the gateway's own exports.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const CASES = new URL("../../../tests/importing/spreadsheet_cells.json", import.meta.url);
const { module: csv } = await runnerImport(fileURLToPath(new URL("../src/parts/csv.ts", import.meta.url)));

test("a text that a spreadsheet would run is made text, as in an export", async () => {
  const cases = JSON.parse(await readFile(CASES, "utf8"));
  assert.deepEqual(cases.map(([text]) => [text, csv.guarded(text)]), cases);
});

test("a cell that could be read as several is in quotes, a number is as it is, and nothing is empty", () => {
  assert.equal(csv.csvRow(["a,b", 'say "so"', "two\nlines", "=1", -5, null, undefined]), `"a,b","say ""so""","two\nlines","'=1",-5,,\r\n`);
});
