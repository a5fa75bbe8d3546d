// Back and forth in a list. The place is in the address, so a reload stays on the page.

import { link, type Route } from "../router";

export interface PageInfo {
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  startCursor?: string | null;
  endCursor?: string | null;
}

interface Props {
  route: Route;
  pageInfo: PageInfo;
}

export const PAGE_SIZE = 25;

export type Window = { first: number; after?: string } | { last: number; before: string };

export function windowOf({ query }: Route): Window {
  const [after, before] = [query.get("after"), query.get("before")];
  if (before) return { last: PAGE_SIZE, before };
  return after ? { first: PAGE_SIZE, after } : { first: PAGE_SIZE };
}

export function Pager({ route, pageInfo }: Props) {
  const { hasNextPage, hasPreviousPage, startCursor, endCursor } = pageInfo;
  if (!hasNextPage && !hasPreviousPage) return null;
  const rest = Object.fromEntries([...route.query].filter(([name]) => name !== "after" && name !== "before"));
  return (
    <nav className="pager" aria-label="Pages">
      {hasPreviousPage ? <a href={link(route.path, { ...rest, before: startCursor })}>← Newer</a> : <span />}
      {hasNextPage ? <a href={link(route.path, { ...rest, after: endCursor })}>Older →</a> : <span />}
    </nav>
  );
}
