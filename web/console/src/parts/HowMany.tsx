// How many there are: on this page, and in all, as far as that was counted.

import { count, ZONE } from "../format";
import type { CountPartsFragment } from "../gql/graphql";

interface Props {
  here: number;
  one: string;
  total: CountPartsFragment | undefined;
  /** Whether each change is shown as it comes. */
  isUp: boolean;
}

export function HowMany({ here, one, total, isUp }: Props) {
  return (
    <p className="hint" role="status">
      {count(here, one)} on this page{total && total.count > here && `, ${inAll(total)}`}
      {isUp && ", kept up to date"}. Times are of {ZONE}.
    </p>
  );
}

function inAll({ count: number, precision }: CountPartsFragment): string {
  const written = new Intl.NumberFormat().format(number);
  switch (precision) {
    case "EXACT":
      return `${written} in all`;
    case "AT_LEAST":
      return `at least ${written} in all`;
  }
}
