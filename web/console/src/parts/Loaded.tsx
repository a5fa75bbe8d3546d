// What was asked for, once it is there: until then that it comes, or why it does not.

import type { ReactNode } from "react";
import type { CombinedError } from "urql";
import { adviceOn } from "../trouble";
import { Notice } from "./Notice";

interface Props {
  error: CombinedError | undefined;
  isThere: boolean;
  askAgain: () => void;
  children: ReactNode;
}

export function Loaded({ error, isThere, askAgain, children }: Props) {
  const advice = error && adviceOn(error);
  return (
    <>
      <div role="alert">
        {advice && (
          <Notice tone="bad" title={advice.title}>
            <p>
              {advice.text} {isThere && "What you see below is what was known before."}
            </p>
            <div className="actions">
              <button onClick={askAgain}>Try again</button>
            </div>
          </Notice>
        )}
      </div>
      {isThere ? children : !error && <p className="loading" role="status">One moment…</p>}
    </>
  );
}
