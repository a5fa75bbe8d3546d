// What went wrong on the way, in words for the person who waits. What the gateway expects to go wrong is no error but
// an answer, see answers.ts.

import type { CombinedError } from "urql";
import { isSignedOut } from "./gateway";

export interface Advice {
  title: string;
  text: string;
  /** What the student can do here. To ask the same again never pays twice. */
  way: "ask again" | "start again" | "reload" | "none";
  /** Each wrong field, by the last word of its path. */
  fields?: { name: string; message: string }[];
}

export function adviceOn(error: CombinedError): Advice {
  if (error.networkError) {
    return {
      title: navigator.onLine ? "We cannot reach the school" : "You are offline",
      text: "Check your connection, then try again. You cannot pay twice by trying again.",
      way: "ask again",
    };
  }
  if (isSignedOut(error)) {
    return {
      title: "You have been signed out",
      text: "Your session is over. Reload this page to sign in again; your checkout is kept.",
      way: "reload",
    };
  }
  const [first] = error.graphQLErrors;
  switch (first?.extensions["code"]) {
    case "BUSY":
      return {
        title: "We are very busy just now",
        text: "Nothing has been done and nothing was paid. Try again in a few seconds.",
        way: "ask again",
      };
    case "PROVIDER_UNAVAILABLE":
      return {
        title: "The payment service does not answer",
        text: "Nothing was paid. Try again in a minute.",
        way: "ask again",
      };
    case "NOT_FOUND":
      return {
        title: "We do not know this checkout",
        text: "It may belong to another account. Start again; nothing was paid.",
        way: "start again",
      };
    case "FORBIDDEN":
      return {
        title: "Only students can buy a course",
        text: "You are signed in as somebody else. Sign in with your student account.",
        way: "none",
      };
    default: {
      const errorId = first?.extensions["errorId"];
      const quoting = typeof errorId === "string" ? ` If it stays, write to us and quote ${errorId}.` : "";
      return { title: "Something went wrong on our side", text: `Please try again.${quoting}`, way: "ask again" };
    }
  }
}
