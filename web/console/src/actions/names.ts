// What a form is called that was sent and never answered, by its address.

import { routeOf } from "../router";

const OF_PURCHASES: Record<string, string> = { revoke: "revoke a purchase", extend: "extend a purchase", correct: "correct a purchase" };
const OF_JOBS: Record<string, string> = { retry: "run a job again", cancel: "call a job off" };

/** @param name where the form is, without the `#/` */
export function titleOfForm(name: string): string {
  const { path, query } = routeOf(name);
  const [what = "", id = "", action = "", number] = path;
  switch (what) {
    case "grant":
      return query.get("student") ? `Grant a course to ${query.get("student")}` : "Grant a course";
    case "courses":
      return id === "new" ? "Add a course" : `Save the course ${id}`;
    case "payments":
      return `Refund the payment ${id}`;
    case "students":
      return `Erase the student ${id}`;
    case "jobs":
      return about(OF_JOBS[action], id);
    case "purchases":
      return number === undefined ? about(OF_PURCHASES[action], id) : `${action === "record" ? "Record" : "Withdraw"} session ${number} of ${id}`;
    default:
      return name;
  }
}

function about(doing: string | undefined, id: string): string {
  const text = doing ?? "do something about it";
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}: ${id}`;
}
