// A box that says how things stand and what to do. It stands in a live region, and so is read out when it changes.

import type { ReactNode } from "react";

export type Tone = "good" | "wait" | "warn" | "bad";

interface Props {
  tone: Tone;
  title: string;
  text?: ReactNode;
  children?: ReactNode;
}

export function Notice({ tone, title, text, children }: Props) {
  return (
    <section className={`notice ${tone}`}>
      <span className="mark" aria-hidden="true" />
      <div>
        <h2>{title}</h2>
        {text && <p>{text}</p>}
        {children && <div className="actions">{children}</div>}
      </div>
    </section>
  );
}
