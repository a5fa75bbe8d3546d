// The way to the gateway: the client that speaks with the token of whoever is logged in.

import { createClient, NetworkError } from "graphql-sse";
import { cacheExchange, Client, fetchExchange, mapExchange, subscriptionExchange, type CombinedError } from "urql";
import { endOfToken, token } from "./session/session";

export const API = new URL("../graphql", document.baseURI).href;

/** As long as a person waits before they doubt. */
export const PATIENCE_MS = 20_000;

/** A client of one visit: what it keeps is dropped with it. */
export function newClient(): Client {
  return new Client({
    url: API,
    requestPolicy: "cache-and-network",
    preferGetMethod: false,
    fetch: withPatience,
    fetchOptions: () => ({ headers: authorization() }),
    exchanges: [
      cacheExchange,
      mapExchange({
        onError: (error) => {
          if (isTokenRefused(error)) endOfToken(whyRefused(error));
        },
      }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = "", variables = {}, operationName }) => ({
          subscribe: (sink) => {
            const request = { query, variables, ...(operationName && { operationName }) };
            const events = createClient({ url: API, retryAttempts: 0, headers: authorization() });
            return { unsubscribe: events.subscribe(request, sink) };
          },
        }),
      }),
    ],
  });
}

export function isTokenRefused(error: CombinedError): boolean {
  const isTold = error.graphQLErrors.some((each) => each.extensions["code"] === "UNAUTHENTICATED");
  const status = error.response?.status as number | undefined;
  return isTold || status === 401 || (error.networkError instanceof NetworkError && error.networkError.response?.status === 401);
}

function whyRefused(error: CombinedError): string {
  return error.graphQLErrors[0]?.message ?? "The gateway no longer takes it.";
}

function authorization(): Record<string, string> {
  const present = token();
  return present === null ? {} : { Authorization: `Bearer ${present}` };
}

/** Every answer but a stream comes soon or not at all. */
function withPatience(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const signals = [AbortSignal.timeout(PATIENCE_MS), ...(init.signal ? [init.signal] : [])];
  return fetch(input, { ...init, signal: AbortSignal.any(signals) });
}
