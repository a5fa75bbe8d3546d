// Which rows changed, or came, while one looks at a page of them.

import { useEffect, useRef, useState } from "react";

/** @param asked what the rows answer: those of another page or filter are not fresh because they are others */
export function useFresh(rows: readonly { id: string }[] | undefined, asked: string): ReadonlySet<string> {
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  const known = useRef<{ asked: string; texts: Map<string, string> } | null>(null);
  useEffect(() => {
    if (rows === undefined) return;
    const before = known.current;
    const texts = new Map(rows.map((row) => [row.id, JSON.stringify(row)]));
    known.current = { asked, texts };
    if (before?.asked !== asked) return setFresh(new Set());
    const changed = [...texts].filter(([id, text]) => before.texts.get(id) !== text).map(([id]) => id);
    if (changed.length > 0) setFresh(new Set(changed));
  }, [rows, asked]);
  return fresh;
}
