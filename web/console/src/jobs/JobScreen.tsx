// One job, and what an admin may do about it: have it run again, or call it off.

import { useClient } from "urql";
import type { Preview } from "../actions/ActionForm";
import { done, type Told } from "../actions/answers";
import { ReasonedForm } from "../actions/ReasonedForm";
import { sent } from "../actions/sending";
import { plainly, words } from "../format";
import type { JobPartsFragment, RetryJobMutation } from "../gql/graphql";
import { Id, Instant, State, StudentLink } from "../parts/bits";
import { Facts } from "../parts/Facts";
import { Loaded } from "../parts/Loaded";
import { Screen } from "../parts/Screen";
import { useFollowed } from "../parts/useFollowed";
import { Missing } from "../purchases/PurchaseScreen";
import { link } from "../router";
import { CancelJob, JobById, RetryJob } from "./operations";
import { useAsked } from "../parts/useAsked";

function useJob(id: string) {
  const { data, error, again } = useAsked(JobById, { id });
  const isUp = useFollowed(["JOB"], again);
  const job = data?.node?.__typename === "Job" ? data.node : null;
  return { job, error, isUp, isThere: data !== undefined, ask: again };
}

export function JobScreen({ id }: { id: string }) {
  const { job, error, isUp, isThere, ask } = useJob(id);
  return (
    <Screen key={job?.id} title={job ? words(job.kind) : "Job"} kind="Job" actions={job && <Doing job={job} />}>
      <Loaded error={error} isThere={isThere} askAgain={ask}>
        {job ? (
          <>
            <p className="state-line">
              <State of={job.state} />
              {isUp && <span className="hint"> kept up to date</span>}
            </p>
            <JobFacts job={job} />
          </>
        ) : (
          <Missing what="job" id={id} />
        )}
      </Loaded>
    </Screen>
  );
}

const isCase = ({ kind }: JobPartsFragment) => kind === "CASE_REVIEW";
const canRetry = (job: JobPartsFragment) => (job.state === "FAILED" || job.state === "CANCELED") && !isCase(job);
const canCancel = ({ state }: JobPartsFragment) => state !== "COMPLETED" && state !== "CANCELED";

function Doing({ job }: { job: JobPartsFragment }) {
  return (
    <>
      {canRetry(job) && <a className="button" href={link(["jobs", job.id, "retry"])}>Run again</a>}
      {canCancel(job) && <a className="button" href={link(["jobs", job.id, "cancel"])}>{isCase(job) ? "End the case" : "Call off"}</a>}
    </>
  );
}

function JobFacts({ job }: { job: JobPartsFragment }) {
  const student = job.payment?.student ?? job.purchase?.student;
  return (
    <>
      {job.lastError && <p className="reason">{plainly(job.lastError)}</p>}
      <Facts
        of={[
          ["Id", <code>{job.id}</code>],
          ["State", <State of={job.state} />],
          ["Student", student && <StudentLink id={student.id} />],
          ["Payment", job.payment && <Id of={job.payment.id} />],
          ["Purchase", job.purchase && <Id of={job.purchase.id} />],
          ["Who is told", job.subscriber],
          ["Runs begun", job.attempts],
          ["Created", <Instant at={job.createdAt} />],
          ["Due", !job.finishedAt && <Instant at={job.runAt} />],
          ["Ended", job.finishedAt && <Instant at={job.finishedAt} />],
        ]}
      />
    </>
  );
}

export function JobAction({ id, what }: { id: string; what: "retry" | "cancel" }) {
  const client = useClient();
  const { job, error, isThere, ask } = useJob(id);
  const title = what === "retry" ? "Run a job again" : job && isCase(job) ? "End a case" : "Call a job off";

  const send = ({ reason }: { reason: string }) => {
    const input = { jobId: id, reason };
    return what === "retry"
      ? sent(client, RetryJob, { input }, (data) => data.retryJob, retried)
      : sent(client, CancelJob, { input }, (data) => data.cancelJob, () => CANCELED);
  };
  return (
    <Screen title={title} kind={<a href={link(["jobs", id])}>← The job</a>}>
      <Loaded error={error} isThere={isThere} askAgain={ask}>
        {job ? (
          <>
            <JobFacts job={job} />
            <ReasonedForm
              name={`jobs/${id}/${what}`}
              initial={{ reason: "" }}
              preview={() => (what === "retry" ? retryPreview(job) : cancelPreview(job))}
              button={() => title}
              isDangerous={what === "cancel" && !isCase(job)}
              send={send}
            />
          </>
        ) : (
          <Missing what="job" id={id} />
        )}
      </Loaded>
    </Screen>
  );
}

function retried({ job }: Extract<RetryJobMutation["retryJob"], { __typename: "RetryJobSuccess" }>): Told {
  return done("It runs again", `It is ${words(job.state).toLowerCase()}; its page says what becomes of it.`, job.id);
}

const CANCELED = done("It is off the list", "It will not run any more, unless somebody has it run again.");

function retryPreview(job: JobPartsFragment): Preview {
  if (isCase(job)) return { lines: [], blocked: "It is a case for a person: there is nothing to run. Do what it says, then end it." };
  if (!canRetry(job)) return { lines: [], blocked: `It is ${words(job.state).toLowerCase()}: only what was given up or called off is run again.` };
  return {
    lines: [
      "It runs at once, from the beginning, as often as a new one would.",
      ...(job.kind === "PAYMENT_REFUND" ? ["Where the refund had failed, a new one of what is left of the money takes its place; money that went back does not go back twice."] : []),
    ],
  };
}

function cancelPreview(job: JobPartsFragment): Preview {
  if (!canCancel(job)) return { lines: [], blocked: `It is ${words(job.state).toLowerCase()} already.` };
  if (isCase(job)) return { lines: ["It is off the list of what needs a person. Nothing else is done: what it asks for must be done already."] };
  return {
    lines: [
      "It will not run any more; a run under way is not stopped, but its result is not taken.",
      ...(job.kind === "PAYMENT_REFUND" ? ["The refund stays owed: somebody has to see to it."] : []),
      ...(job.kind === "EVENT_DELIVER" ? ["The subscriber is not told of this event."] : []),
    ],
  };
}
