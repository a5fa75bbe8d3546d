// An action about one purchase: the form beside what the purchase is now.

import type { ReactNode } from "react";
import { words } from "../format";
import type { PurchaseByIdQuery, PurchaseStatus } from "../gql/graphql";
import { State, StudentLink } from "../parts/bits";
import { Loaded } from "../parts/Loaded";
import { Notice } from "../parts/Notice";
import { Screen } from "../parts/Screen";
import { titleOf } from "../parts/Timeline";
import { link } from "../router";
import { useFirst } from "../parts/useFirst";
import { Missing, usePurchase } from "./PurchaseScreen";

export type Found = NonNullable<PurchaseByIdQuery["purchase"]>;

interface Props {
  id: string;
  title: string;
  children: (purchase: Found) => ReactNode;
}

export function OfPurchase({ id, title, children }: Props) {
  const { data, error, ask } = usePurchase(id);
  const purchase = data?.purchase;
  const first = useFirst(purchase?.status);
  return (
    <Screen title={title} kind={<a href={link(["purchases", id])}>← The purchase</a>}>
      <Loaded error={error} isThere={data !== undefined} askAgain={ask}>
        {purchase ? (
          <>
            <p className="state-line">
              <StudentLink id={purchase.student.id} /> {purchase.course.title}, {purchase.tier} <State of={purchase.status} />
            </p>
            <div role="status">
              {first !== undefined && first !== purchase.status && (
                <Notice tone="warn" title="It changed while you were here">
                  <p>
                    It was {words(first).toLowerCase()}, and is {words(purchase.status).toLowerCase()} now: {lastOf(purchase)}
                  </p>
                </Notice>
              )}
            </div>
            {children(purchase)}
          </>
        ) : (
          <Missing what="purchase" id={id} />
        )}
      </Loaded>
    </Screen>
  );
}

/** Why nothing can be done, where the purchase is in another state. */
export function blockedUnless({ status }: Found, states: PurchaseStatus[], done: string): { blocked?: string } {
  if (states.includes(status)) return {};
  const needed = states.map((state) => words(state).toLowerCase()).join(" or ");
  return { blocked: `It is ${words(status).toLowerCase()}; only a purchase that is ${needed} is ${done}.` };
}

/** What was done last, and by whom. */
export function lastOf(purchase: Found): string {
  const entry = purchase.history.nodes.at(-1);
  if (entry === undefined) return "";
  const who = entry.actor.id === "gateway" ? "the gateway" : entry.actor.id;
  return `${titleOf(entry.action)} by ${who}${entry.reason ? `, “${entry.reason}”` : ""}.`;
}
