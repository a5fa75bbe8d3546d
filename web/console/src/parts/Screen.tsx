// A screen: its heading takes the focus when the screen comes, so that a reader starts there, and names the tab.

import { useEffect, useRef, type ReactNode } from "react";

interface Props {
  title: string;
  /** What stands above the heading: where it belongs. */
  kind?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Screen({ title, kind, actions, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    document.title = `${title} – Console`;
  }, [title]);
  return (
    <>
      <header className="heading">
        <div>
          {kind && <p className="kind">{kind}</p>}
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
        </div>
        {actions && <div className="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}
