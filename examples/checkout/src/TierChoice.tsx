// The tiers of a course, as cards of which one is chosen.

import { money, tierName, validity } from "./format";
import { read } from "./gql";
import type { TierPartsFragment } from "./gql/graphql";
import { MoneyParts } from "./operations";

interface Props {
  tiers: readonly TierPartsFragment[];
  chosen: string;
  choose: (code: string) => void;
}

export function TierChoice({ tiers, chosen, choose }: Props) {
  return (
    <fieldset>
      <legend>How much of it?</legend>
      <div className="tiers">
        {tiers.map(({ code, sessionCount, price, validityDays }) => (
          <label key={code} className="choice">
            <input type="radio" name="tier" value={code} checked={code === chosen} onChange={() => choose(code)} />
            <span className="title">{tierName(code)}</span>
            <span className="price">{money(read(MoneyParts, price))}</span>
            <span className="hint">
              {sessionCount} sessions, {validity(validityDays)}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
