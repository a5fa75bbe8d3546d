// The sandbox's cards, each by what it does.

import type { Card } from "./cards";

interface Props {
  cards: readonly Card[];
  chosen: string;
  choose: (token: string) => void;
}

export function CardChoice({ cards, chosen, choose }: Props) {
  return (
    <fieldset>
      <legend>Test card</legend>
      <div className="cards">
        {cards.map(({ token, name, what }) => (
          <label key={token} className="choice">
            <input type="radio" name="card" value={token} checked={token === chosen} onChange={() => choose(token)} />
            <span className="title">{name}</span>
            <span className="hint">{what}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
