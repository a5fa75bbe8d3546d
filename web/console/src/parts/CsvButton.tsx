// Fetches a whole list, page after page, and saves it as CSV. It can be stopped, and a page that fails is asked again.

import { useRef, useState } from "react";
import { count } from "../format";
import { adviceOn } from "../trouble";
import type { CombinedError } from "urql";
import { csvRow, saveCsv } from "./csv";

export interface CsvPage {
  rows: (string | number | null | undefined)[][];
  /** Where the next page begins; null after the last. */
  next: string | null;
}

interface Props {
  name: string;
  columns: string[];
  fetchPage: (after: string | null) => Promise<CsvPage | CombinedError>;
}

interface Kept {
  lines: string[];
  next: string | null;
}

/** Milliseconds after which the gateway would take the same again; null where it says no such thing. */
function pauseOf(error: CombinedError): number | null {
  const { code, retryAfterSeconds } = error.graphQLErrors[0]?.extensions ?? {};
  const isPause = (code === "RATE_LIMITED" || code === "BUSY") && typeof retryAfterSeconds === "number";
  return isPause ? Math.max(1, retryAfterSeconds) * 1000 : null;
}

export function CsvButton({ name, columns, fetchPage }: Props) {
  const [said, setSaid] = useState("");
  const [isBusy, setBusy] = useState(false);
  const isStopped = useRef(false);
  /** What was fetched before a page failed: the next press goes on from there. */
  const kept = useRef<Kept | null>(null);

  const run = async () => {
    setBusy(true);
    isStopped.current = false;
    const { lines, next } = kept.current ?? { lines: [csvRow(columns)], next: null };
    kept.current = null;
    let after = next;
    for (;;) {
      const page = await fetchPage(after);
      if (isStopped.current) {
        setSaid("Stopped: nothing was saved.");
        break;
      }
      const pause = "rows" in page ? null : pauseOf(page);
      if (pause !== null) {
        setSaid(`${count(lines.length - 1, "row")} so far; the gateway asks for a pause…`);
        await new Promise((resolve) => setTimeout(resolve, pause));
        continue;
      }
      if (!("rows" in page)) {
        kept.current = { lines, next: after };
        const { title, text } = adviceOn(page);
        setSaid(`${title} after ${count(lines.length - 1, "row")}. ${text} It goes on from there.`);
        break;
      }
      for (const row of page.rows) lines.push(csvRow(row));
      after = page.next;
      if (after === null) {
        saveCsv(name, lines);
        setSaid(`Saved ${count(lines.length - 1, "row")} as ${name}.`);
        break;
      }
      setSaid(`${count(lines.length - 1, "row")} so far…`);
    }
    setBusy(false);
  };

  return (
    <span className="csv">
      {isBusy ? (
        <button type="button" onClick={() => (isStopped.current = true)}>
          Stop
        </button>
      ) : (
        <button type="button" onClick={() => void run()}>
          {kept.current ? "Go on with the CSV" : "Save as CSV"}
        </button>
      )}
      <span role="status" className="hint">
        {said}
      </span>
    </span>
  );
}
