// What a text names: ids in either spelling, a provider's reference, students by how their ids begin, and courses by
// their titles.

import { plainly, words } from "../format";
import type { SearchForQuery } from "../gql/graphql";
import { Amount, Id, State, StudentLink } from "../parts/bits";
import { Loaded } from "../parts/Loaded";
import { Screen } from "../parts/Screen";
import { useFollowed } from "../parts/useFollowed";
import { link } from "../router";
import { SearchFor } from "./operations";
import { useAsked } from "../parts/useAsked";

const PACE_MS = 5_000;

export function Search({ text }: { text: string }) {
  const { data, error, again } = useAsked(SearchFor, { text }, text.trim() === "");
  useFollowed(["PURCHASE", "PAYMENT", "REFUND", "JOB", "COURSE"], () => text.trim() !== "" && again(), PACE_MS);
  const hits = data?.search ?? [];
  return (
    <Screen title={`“${text}”`} kind="Search">
      <Loaded error={error} isThere={data !== undefined} askAgain={again}>
        {hits.length === 0 ? (
          <p className="empty" role="status">
            Nothing is called so: no student’s id begins with it, no course has it in its title, and it is no id of ours or of the
            provider’s.
          </p>
        ) : (
          <ul className="cases hits">
            {hits.map((hit) => (
              <li key={hit.id}>
                <Hit hit={hit} />
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Screen>
  );
}

type Found = SearchForQuery["search"][number];

function Hit({ hit }: { hit: Found }) {
  switch (hit.__typename) {
    case "Student":
      return (
        <p>
          Student <StudentLink id={hit.id} />
        </p>
      );
    case "Purchase":
      return (
        <p>
          Purchase of {hit.course.title}, {hit.tier}, of <StudentLink id={hit.student.id} /> <State of={hit.purchaseStatus} />
          <br />
          <Id of={hit.id} />
        </p>
      );
    case "Payment":
      return (
        <p>
          Payment of <Amount of={hit.amountCaptured ?? hit.amount} /> of <StudentLink id={hit.student.id} /> <State of={hit.paymentStatus} />
          <br />
          <Id of={hit.id} />
          {hit.providerReference && <> {hit.provider} <code>{hit.providerReference}</code></>}
        </p>
      );
    case "Refund":
      return (
        <p>
          Refund of <Amount of={hit.refunded} /> <State of={hit.refundStatus} />, “{plainly(hit.reason)}”
          <br />
          <code>{hit.id}</code> of the payment <Id of={hit.of.id} />
        </p>
      );
    case "Job":
      return (
        <p>
          Job: {words(hit.kind)} <State of={hit.state} />
          <br />
          <Id of={hit.id} />
        </p>
      );
    case "Course":
      return (
        <p>
          Course <a href={link(["courses", hit.id])}>{hit.title}</a>
        </p>
      );
  }
}
