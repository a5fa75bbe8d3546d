// What needs a person: jobs that were given up, cases, and open disputes, each with what ends it.

import { count, money, plainly, words } from "../format";
import type { NeedingAttentionQuery } from "../gql/graphql";
import { Amount, Id, Instant, StudentLink } from "../parts/bits";
import { Loaded } from "../parts/Loaded";
import { Pager, windowOf } from "../parts/Pager";
import { Screen } from "../parts/Screen";
import { useFollowed } from "../parts/useFollowed";
import { link, type Route } from "../router";
import { NeedingAttention } from "./operations";
import { useAsked } from "../parts/useAsked";

type Item = NeedingAttentionQuery["needsAttention"]["nodes"][number];

export function Attention({ route }: { route: Route }) {
  const { data, error, again } = useAsked(NeedingAttention, windowOf(route));
  const isUp = useFollowed(["JOB", "REFUND"], again);
  const items = data?.needsAttention.nodes ?? [];
  return (
    <Screen title="What needs attention">
      <Loaded error={error} isThere={data !== undefined} askAgain={again}>
        <p role="status" className={items.length === 0 ? "all-well" : "hint"}>
          {items.length === 0
            ? "Nothing needs a person. What the gateway cannot do by itself will be listed here."
            : `${count(items.length, "thing needs", "things need")} a person${data?.needsAttention.pageInfo.hasNextPage ? ", and more" : ""}, the latest first.`}
          {isUp && " Kept up to date."}
        </p>
        <ul className="cases">
          {items.map((item) => (
            <Case key={item.id} item={item} />
          ))}
        </ul>
        {data && <Pager route={route} pageInfo={data.needsAttention.pageInfo} />}
      </Loaded>
    </Screen>
  );
}

function titleOf({ kind, job, refund }: Item): string {
  switch (kind) {
    case "JOB_FAILED":
      return job ? `${words(job.kind)} was given up` : "A job was given up";
    case "CASE":
      return "A case for a person";
    case "DISPUTE":
      return `A student’s bank claims ${refund ? money(refund.amount) : "money"} back`;
  }
}

/** What the gateway would do now, and where in the console one has it done. */
const DOING: Record<string, { action: string; name: string }> = {
  retryJob: { action: "retry", name: "Run again" },
  cancelJob: { action: "cancel", name: "Take off the list" },
};

function Case({ item }: { item: Item }) {
  const { job, payment, purchase, calls, reason, since } = item;
  const student = payment?.student ?? purchase?.student;
  return (
    <li>
      <h2>{job ? <a href={link(["jobs", job.id])}>{titleOf(item)}</a> : titleOf(item)}</h2>
      <p className="by">
        since <Instant at={since} />
        {student && <>, of <StudentLink id={student.id} /></>}
        {payment && <>, <Amount of={payment.amountCaptured ?? payment.amount} /> by <Id of={payment.id} /></>}
        {purchase && <>, {purchase.course.title}, {purchase.tier}: <Id of={purchase.id} /></>}
      </p>
      <p className="reason">{plainly(reason)}</p>
      <p className="actions">
        {job &&
          calls.map(({ mutation, effect }) => {
            const doing = DOING[mutation];
            return (
              doing && (
                <a key={mutation} className="button" href={link(["jobs", job.id, doing.action])} title={effect}>
                  {doing.name}
                </a>
              )
            );
          })}
        {payment && (
          <a className="button" href={link(["payments", payment.id])}>
            Look at the payment
          </a>
        )}
      </p>
    </li>
  );
}
