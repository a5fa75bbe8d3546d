// What something was when one came: what is compared with what it is now.

import { useRef } from "react";

export function useFirst<Value>(value: Value | undefined): Value | undefined {
  const first = useRef<Value | undefined>(undefined);
  first.current ??= value;
  return first.current;
}
