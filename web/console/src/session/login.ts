// A token becomes a session once the gateway has said whose it is.

import { stringifyDocument } from "urql";
import { API, PATIENCE_MS } from "../gateway";
import { graphql } from "../gql";
import { begin, endOfJwt } from "./session";

const WhoAmI = graphql(`
  query WhoAmI {
    viewer { id role }
  }
`);

/** Why a token is of no use here, as a sentence. */
export class Refused extends Error {}

interface Answer {
  data?: { viewer: { id: string; role: string } | null } | null;
  errors?: { message: string }[];
}

/** Raises: Refused. */
export async function logIn(pasted: string, idToken?: string): Promise<void> {
  const token = pasted.trim().replace(/^bearer\s+/i, "");
  if (!/^[\w.~+/=-]+$/.test(token)) throw new Refused("That is no token: a token is one word, without blanks.");
  const { viewer, at } = await viewerOf(token);
  if (viewer.role !== "ADMIN") {
    const whose = viewer.role === "STUDENT" ? "a student’s" : "another system’s";
    throw new Refused(`This token is ${whose} (${viewer.id}, role ${viewer.role}). The console needs one of role ADMIN.`);
  }
  const end = endOfJwt(token);
  // By the gateway's clock: this machine's may be wrong, and the gateway is who takes the token or does not.
  begin({ token, id: viewer.id, endsAt: end === null ? null : Date.now() + (end - at), ...(idToken !== undefined && { idToken }) });
}

interface Seen {
  viewer: { id: string; role: string };
  /** What time it was at the gateway. */
  at: number;
}

async function viewerOf(token: string): Promise<Seen> {
  let response: Response;
  let answer: Answer;
  try {
    response = await fetch(API, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", Authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: stringifyDocument(WhoAmI) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    answer = (await response.json()) as Answer;
  } catch {
    throw new Refused("The gateway does not answer. Check your connection, then try again.");
  }
  const at = Date.parse(response.headers.get("date") ?? "");
  if (answer.data?.viewer) return { viewer: answer.data.viewer, at: Number.isNaN(at) ? Date.now() : at };
  const said = answer.errors?.[0]?.message ?? `The gateway answered ${response.status}.`;
  throw new Refused(response.status === 401 ? `The gateway refused the token: ${said}` : said);
}
