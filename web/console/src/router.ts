// Where one is: the part of the address after the hash, which no server sees. `#/purchases?status=ACTIVE` is a list with
// its filter, so that a link, a reload and the back button all find the same again.

import { useSyncExternalStore } from "react";

export interface Route {
  path: string[];
  query: URLSearchParams;
}

type Params = Record<string, string | null | undefined>;

export function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { path: path.split("/").filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

export function link(path: string[], params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value) query.set(name, value);
  const text = query.toString();
  return `#/${path.map(encodeURIComponent).join("/")}${text && `?${text}`}`;
}

export function go(href: string): void {
  location.hash = href;
}

/** Changes the query in place: no new entry for the back button. */
export function replaceQuery(route: Route, params: Params): void {
  history.replaceState(null, "", link(route.path, params));
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

export function useHash(): string {
  return useSyncExternalStore(follow, () => location.hash);
}

function follow(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a stray % in a pasted address
  }
}
