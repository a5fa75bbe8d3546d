// What needs a person: jobs that were given up, and cases.

import { useQuery } from "urql";
import { count } from "../format";
import type { JobPartsFragment } from "../gql/graphql";
import { words } from "../format";
import { Id, Instant } from "../parts/bits";
import { Loaded } from "../parts/Loaded";
import { Screen } from "../parts/Screen";
import { usePolled } from "../parts/usePolled";
import { link } from "../router";
import { NeedingAttention } from "./operations";

export function Attention() {
  const [{ data, error }, ask] = useQuery({ query: NeedingAttention, variables: { first: 50 } });
  const again = () => ask({ requestPolicy: "network-only" });
  usePolled(again);
  const jobs = data?.jobs.nodes ?? [];
  return (
    <Screen title="What needs attention">
      <Loaded error={error} isThere={data !== undefined} askAgain={again}>
        <p role="status" className={jobs.length === 0 ? "all-well" : "hint"}>
          {jobs.length === 0
            ? "Nothing needs a person. What the gateway cannot do by itself will be listed here."
            : `${count(jobs.length, "case")}${data?.jobs.pageInfo.hasNextPage ? ", and more" : ""}, the latest first. Each says what ends it.`}
        </p>
        <ul className="cases">
          {jobs.map((job) => (
            <Case key={job.id} job={job} />
          ))}
        </ul>
        {data?.jobs.pageInfo.hasNextPage && (
          <p>
            <a href={link(["jobs"], { state: "FAILED" })}>All of them</a>
          </p>
        )}
      </Loaded>
    </Screen>
  );
}

function Case({ job }: { job: JobPartsFragment }) {
  const isCase = job.kind === "CASE_REVIEW";
  return (
    <li>
      <h2>
        <a href={link(["jobs", job.id])}>{isCase ? "A case for a person" : `${words(job.kind)} was given up`}</a>
      </h2>
      <p className="by">
        <Instant at={job.createdAt} />
        {job.payment && <> about <Id of={job.payment.id} /></>}
        {job.purchase && <> about <Id of={job.purchase.id} /></>}
      </p>
      <p className="reason">{job.lastError ?? "It does not say why."}</p>
      <p className="actions">
        {!isCase && (
          <a className="button" href={link(["jobs", job.id, "retry"])}>
            Run again
          </a>
        )}
        <a className="button" href={link(["jobs", job.id, "cancel"])}>
          {isCase ? "End the case" : "Call off"}
        </a>
        {job.payment && (
          <a className="button" href={link(["payments", job.payment.id])}>
            Look at the payment
          </a>
        )}
      </p>
    </li>
  );
}
