// Logging out: here at once, and then at the issuer, where one logged in by one and it can be told.

import { configured, type Oidc } from "../config";
import { Refused } from "./login";
import { addressOfLogout, issuerName } from "./oidc";
import { current, forget } from "./session";

export async function leave(): Promise<void> {
  const { oidc } = configured();
  const standing = current();
  const idToken = standing.is === "out" ? undefined : standing.session.idToken;
  forget();
  if (oidc === null || idToken === undefined) return;
  const address = await logoutAt(oidc, idToken);
  if (address !== null) location.assign(address);
  else if (current().is === "out") forget(goesOn(oidc));
}

async function logoutAt(oidc: Oidc, idToken: string): Promise<string | null> {
  try {
    return await addressOfLogout(oidc, idToken);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return null;
  }
}

function goesOn(oidc: Oidc): string {
  const name = issuerName(oidc);
  return `You are logged out here. Your session at ${name} goes on: whoever uses this browser comes in by it, until you log out there.`;
}
