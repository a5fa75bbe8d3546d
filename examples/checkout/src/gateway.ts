// The way to the gateway: who the page speaks for, and the client that speaks.

import { authExchange } from "@urql/exchange-auth";
import { createClient, NetworkError } from "graphql-sse";
import { Client, fetchExchange, subscriptionExchange, type CombinedError, type Operation } from "urql";
import { student } from "./student";

const API = new URL("../graphql", document.baseURI).href;
const SESSION = new URL("session.json", document.baseURI).href;

/** As long as a person waits before they doubt; what was asked may be asked again without harm. */
const PATIENCE_MS = 20_000;

/** What a real page gets from its sign-in. The demo gateway makes everybody the student that they ask for. */
interface Session {
  token: string;
}

async function signIn(): Promise<Session> {
  const answer = await fetch(`${SESSION}?student=${student()}`, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error(`no session: ${answer.status}`);
  return (await answer.json()) as Session;
}

export function isSignedOut(error: CombinedError): boolean {
  const isTold = error.graphQLErrors.some((each) => each.extensions["code"] === "UNAUTHENTICATED");
  return isTold || (error.networkError instanceof NetworkError && error.networkError.response?.status === 401);
}

/** An expired token is exchanged once for a new one. */
export const client = new Client({
  url: API,
  requestPolicy: "network-only",
  preferGetMethod: false,
  fetch: withPatience,
  exchanges: [
    authExchange(async (auth) => {
      let session = await signIn().catch(() => null);
      return {
        addAuthToOperation: (operation) =>
          session ? auth.appendHeaders(operation, { Authorization: `Bearer ${session.token}` }) : operation,
        didAuthError: isSignedOut,
        refreshAuth: async () => {
          session = await signIn().catch(() => null);
        },
      };
    }),
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query = "", variables = {}, operationName }, operation) => ({
        subscribe: (sink) => {
          const request = { query, variables, ...(operationName && { operationName }) };
          return { unsubscribe: eventsWith(operation).subscribe(request, sink) };
        },
      }),
    }),
  ],
});

/** Server-sent events over fetch, with the operation's own headers. Who subscribes begins again what broke off. */
function eventsWith(operation: Operation) {
  const { fetchOptions } = operation.context;
  const { headers } = (typeof fetchOptions === "function" ? fetchOptions() : fetchOptions) ?? {};
  return createClient({ url: API, retryAttempts: 0, headers: Object.fromEntries(new Headers(headers)) });
}

/** Every answer but a stream comes soon or not at all. */
function withPatience(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const signals = [AbortSignal.timeout(PATIENCE_MS), ...(init.signal ? [init.signal] : [])];
  return fetch(input, { ...init, signal: AbortSignal.any(signals) });
}
