// What went wrong on the way to the gateway, in words for who waits. What the gateway expects to go wrong is no error but
// an answer, see actions/answers.ts.

import type { CombinedError } from "urql";
import { isTokenRefused } from "./gateway";

export interface Advice {
  title: string;
  text: string;
  /** Whether it is certain that nothing was done. */
  isUndone: boolean;
}

export function adviceOn(error: CombinedError): Advice {
  if (isTokenRefused(error)) {
    return { title: "You are logged out", text: "Your token is no longer taken: log in, then try again.", isUndone: true };
  }
  const [first] = error.graphQLErrors;
  if (error.networkError && first === undefined) {
    return {
      title: navigator.onLine ? "The gateway does not answer" : "You are offline",
      text: "Check your connection, then try again.",
      isUndone: false,
    };
  }
  switch (first?.extensions["code"]) {
    case "BUSY":
      return { title: "The gateway is very busy", text: `${first.message} Try again in a few seconds.`, isUndone: false };
    case "RATE_LIMITED":
      return { title: "Too much at once", text: `${first.message}`, isUndone: true };
    case "AUTH_KEYS_UNAVAILABLE":
      return {
        title: "Your token cannot be verified just now",
        text: "The issuer of your token does not answer the gateway. Try again in a minute.",
        isUndone: true,
      };
    case "TIMED_OUT":
      return { title: "The gateway took too long", text: first.message, isUndone: false };
    case "DOCUMENT_NOT_TRUSTED":
      return {
        title: "This gateway takes no questions of the console",
        text: "It runs only documents that it trusts (GATEWAY_ONLY_TRUSTED_DOCUMENTS); whoever runs it has to add those of the console.",
        isUndone: true,
      };
    case "FORBIDDEN":
      return { title: "Your token may not do this", text: "It needs the role ADMIN.", isUndone: true };
    case "NOT_FOUND":
      return { title: "It does not exist", text: first.message, isUndone: true };
    case "BAD_USER_INPUT":
    case "GRAPHQL_VALIDATION_FAILED":
      return { title: "The gateway does not take this", text: first.message, isUndone: true };
    default: {
      const id = first?.extensions["errorId"];
      const quoting = typeof id === "string" ? ` If it stays, tell whoever runs the gateway, and quote ${id}.` : "";
      return { title: "Something went wrong in the gateway", text: `Try again.${quoting}`, isUndone: false };
    }
  }
}
