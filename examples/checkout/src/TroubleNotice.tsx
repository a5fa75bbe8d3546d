// What went wrong, with the one button that leads on.

import type { ReactNode } from "react";
import { Notice } from "./Notice";
import type { Advice } from "./trouble";

interface Props {
  advice: Advice;
  askAgain?: () => void;
  startAgain?: () => void;
  children?: ReactNode;
}

export function TroubleNotice({ advice, askAgain, startAgain, children }: Props) {
  const { title, text, way } = advice;
  return (
    <Notice tone="bad" title={title} text={text}>
      {children}
      {way === "ask again" && askAgain && <Button name="Try again" press={askAgain} />}
      {way === "start again" && startAgain && <Button name="Start again" press={startAgain} />}
      {way === "reload" && <Button name="Reload" press={() => location.reload()} />}
    </Notice>
  );
}

function Button({ name, press }: { name: string; press: () => void }) {
  return (
    <button type="button" onClick={press}>
      {name}
    </button>
  );
}
