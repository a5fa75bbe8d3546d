// A box that says how things stand and what to do.

import type { ReactNode } from "react";

export type Tone = "good" | "wait" | "warn" | "bad";

interface Props {
  tone: Tone;
  title: string;
  children?: ReactNode;
}

export function Notice({ tone, title, children }: Props) {
  return (
    <section className={`notice ${tone}`}>
      <span className="mark" aria-hidden="true" />
      <div>
        <h2>{title}</h2>
        {children}
      </div>
    </section>
  );
}
