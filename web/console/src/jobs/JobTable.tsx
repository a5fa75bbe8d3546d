// Jobs, each with what can be done about it.

import { plainly, words } from "../format";
import type { JobPartsFragment } from "../gql/graphql";
import { Id, Instant, State } from "../parts/bits";
import { Table, type Column } from "../parts/Table";

export const JOB_COLUMNS: Column<JobPartsFragment>[] = [
  { name: "Created", cell: (job) => <Instant at={job.createdAt} /> },
  { name: "Kind", cell: (job) => words(job.kind) },
  { name: "State", cell: (job) => <State of={job.state} /> },
  { name: "Runs", isNumber: true, cell: (job) => job.attempts },
  { name: "What happened", isFree: true, cell: (job) => (job.lastError ? plainly(job.lastError) : "–") },
  { name: "About", cell: (job) => (job.payment ? <Id of={job.payment.id} /> : job.purchase ? <Id of={job.purchase.id} /> : (job.subscriber ?? "–")) },
  { name: "Job", cell: (job) => <Id of={job.id} /> },
];

export function JobTable({ jobs, caption }: { jobs: readonly JobPartsFragment[]; caption: string }) {
  return <Table caption={caption} rows={jobs} keyOf={({ id }) => id} empty="There is none." columns={JOB_COLUMNS} />;
}
