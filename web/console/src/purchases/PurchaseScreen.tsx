// One purchase: what it is, what can be done about it, and what was done.

import { momentIn, place } from "../format";
import type { PurchaseByIdQuery, PurchasePartsFragment } from "../gql/graphql";
import { useLive } from "../live";
import { PurchasesNow } from "../operations";
import { Amount, Id, Instant, State, StudentLink } from "../parts/bits";
import { Facts, Part } from "../parts/Facts";
import { Loaded } from "../parts/Loaded";
import { Notice } from "../parts/Notice";
import { Screen } from "../parts/Screen";
import { Timeline } from "../parts/Timeline";
import { link } from "../router";
import { Sessions } from "../sessions/Sessions";
import { PurchaseById } from "./operations";
import { useAsked } from "../parts/useAsked";

export function usePurchase(id: string) {
  const { data, error, again } = useAsked(PurchaseById, { id });
  const hear = ({ purchases }: { purchases: { id: string } }) => {
    if (purchases.id === id) again();
  };
  const isUp = useLive(PurchasesNow, {}, hear, again);
  return { data, error, isUp, ask: again };
}

export function PurchaseScreen({ id }: { id: string }) {
  const { data, error, isUp, ask } = usePurchase(id);
  const purchase = data?.purchase;
  return (
    <Screen
      key={purchase?.id}
      title={purchase ? `${purchase.course.title}, ${purchase.tier}` : "Purchase"}
      kind="Purchase"
      actions={purchase && <Doing purchase={purchase} />}
    >
      <Loaded error={error} isThere={data !== undefined} askAgain={ask}>
        {purchase ? (
          <>
            <p className="state-line">
              <State of={purchase.status} /> <StudentLink id={purchase.student.id} />
              {isUp && <span className="hint"> kept up to date</span>}
            </p>
            <PurchaseFacts purchase={purchase} />
            {purchase.access && (
              <Sessions
                id={id}
                total={purchase.access.sessionsTotal}
                used={purchase.access.sessionsUsed}
                timeZone={purchase.metadata.timeSlot.timeZone}
              />
            )}
            <Part title="History">
              <Timeline entries={purchase.history.nodes} />
              {purchase.history.pageInfo.hasNextPage && <p className="hint">The history goes on; these are its first 100 entries.</p>}
            </Part>
          </>
        ) : (
          <Missing what="purchase" id={id} />
        )}
      </Loaded>
    </Screen>
  );
}

export function Missing({ what, id }: { what: string; id: string }) {
  return (
    <Notice tone="warn" title={`There is no such ${what}`}>
      <p>
        Nothing has the id <code>{id}</code>. Was it copied whole?
      </p>
    </Notice>
  );
}

function Doing({ purchase }: { purchase: PurchasePartsFragment }) {
  const { id, status } = purchase;
  const isActive = status === "ACTIVE";
  const canExtend = (isActive || status === "EXPIRED") && purchase.access?.expiresAt;
  return (
    <>
      {isActive && <a className="button" href={link(["purchases", id, "correct"])}>Correct</a>}
      {canExtend && <a className="button" href={link(["purchases", id, "extend"])}>Extend</a>}
      {isActive && <a className="button" href={link(["purchases", id, "revoke"])}>Revoke</a>}
      {purchase.payment && <a className="button" href={link(["payments", purchase.payment.id, "refund"])}>Refund</a>}
    </>
  );
}

type Found = NonNullable<PurchaseByIdQuery["purchase"]>;

function PurchaseFacts({ purchase }: { purchase: Found }) {
  const { payment, access, metadata, supersedes, supersededBy } = purchase;
  const zone = metadata.timeSlot.timeZone;
  return (
    <Facts
      of={[
        ["Id", <code>{purchase.id}</code>],
        ["Created", <><Instant at={purchase.createdAt} /> by {purchase.createdBy.id}</>],
        ["Paid", payment ? <><Amount of={payment.amountCaptured ?? payment.amount} />, <Id of={payment.id} /></> : "Nothing: an admin granted it"],
        ["Went back", payment && payment.amountRefunded.amountMinor > 0 && <Amount of={payment.amountRefunded} />],
        ["Access", access && <State of={access.status} />],
        ["Sessions used", access && `${access.sessionsUsed} of ${access.sessionsTotal}`],
        ["From", access && momentIn(access.startsAt, zone)],
        ["Ends", access && (access.expiresAt ? momentIn(access.expiresAt, zone) : "Never")],
        ["Slot", `${metadata.timeSlot.start} – ${metadata.timeSlot.end}, ${metadata.isSundayOnly ? "Sundays" : "daily"}, ${place(zone)}`],
        ["Ended", purchase.endedAt && <Instant at={purchase.endedAt} />],
        ["Took the place of", supersedes && <><Id of={supersedes.id} /> ({supersedes.tier})</>],
        ["Replaced by", supersededBy && <><Id of={supersededBy.id} /> ({supersededBy.tier})</>],
        ...metadata.labels.map(({ key, value }): [string, string] => [`Label ${key}`, value]),
      ]}
    />
  );
}
