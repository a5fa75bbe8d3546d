// The time zones to choose from: the browser's own first, the others by their part of the world.

import { place } from "./format";
import { inUse } from "./wish";

export interface Zones {
  region: string;
  zones: { id: string; name: string }[];
}

const OTHERS = "Others";
const REGIONS: Record<string, string> = { Indian: "Indian Ocean" };

/** @param chosen is among them, whatever this browser knows. */
export function zonesWith(chosen: string): Zones[] {
  const own = inUse(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const all = new Set([...Intl.supportedValuesOf("timeZone").map(inUse), "UTC", chosen]);
  all.delete(own);
  const regions = Map.groupBy([...all].sort(), regionOf);
  const others = regions.get(OTHERS) ?? [];
  regions.delete(OTHERS);
  return [
    { region: "Where you are", zones: [{ id: own, name: place(own) }] },
    ...[...regions].map(([region, ids]) => ({ region, zones: ids.map((id) => ({ id, name: cityOf(id) })) })),
    { region: OTHERS, zones: others.map((id) => ({ id, name: place(id) })) },
  ].filter(({ zones }) => zones.length > 0);
}

function regionOf(id: string): string {
  const [region, city] = id.split("/");
  return city === undefined || region === undefined || region === "Etc" ? OTHERS : (REGIONS[region] ?? region);
}

function cityOf(id: string): string {
  return place(id.slice(id.indexOf("/") + 1));
}
