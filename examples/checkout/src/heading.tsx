// The heading of a screen takes the focus when the screen comes, so that a reader starts there and not at the top.

import { useEffect, useRef, type ReactNode } from "react";

export function ScreenHeading({ children }: { children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}
