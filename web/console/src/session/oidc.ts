// Logging in with the issuer whose tokens the gateway believes: OpenID Connect, authorization code with PKCE, as a public
// client (RFC 6749, 7636, 9207; OpenID Connect Core 1.0).

import { configured, type Oidc } from "../config";
import { PATIENCE_MS } from "../gateway";
import { logIn, Refused } from "./login";
import { claimsOf, refuse } from "./session";

/** What the login that was begun here has to come back with. It stays in this tab and is used once. */
interface Begun {
  state: string;
  nonce: string;
  verifier: string;
  /** Where one was, and goes on. */
  hash: string;
}

interface Discovered {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  end_session_endpoint?: string;
  code_challenge_methods_supported?: string[];
  authorization_response_iss_parameter_supported?: boolean;
}

const KEY = "console:login";

export function issuerName(oidc: Oidc): string {
  return new URL(oidc.issuer).host;
}

/** Leaves for the issuer. Raises: Refused. */
export async function leaveForIssuer(oidc: Oidc): Promise<void> {
  const found = await discovered(oidc);
  const [state, nonce, verifier] = [random(), random(), random()];
  const begun: Begun = { state, nonce, verifier, hash: location.hash };
  sessionStorage.setItem(KEY, JSON.stringify(begun));
  const address = new URL(found.authorization_endpoint);
  const asked = {
    response_type: "code",
    client_id: oidc.clientId,
    redirect_uri: redirectUri(),
    scope: oidc.scopes,
    state,
    nonce,
    code_challenge: await challengeOf(verifier),
    code_challenge_method: "S256",
    ...(oidc.resource && { resource: oidc.resource, audience: oidc.resource }),
  };
  for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value);
  location.assign(address);
}

/** Takes up what the issuer sent back, if this is a return from it; what goes wrong is said where one logs in. */
export async function returned(): Promise<void> {
  const { oidc } = configured();
  const answer = new URLSearchParams(location.search);
  if (!answer.has("state") && !answer.has("code") && !answer.has("error")) return;
  const kept = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  const begun = kept === null ? null : (JSON.parse(kept) as Begun);
  // The code is used once, and belongs neither into the history nor into a link that is passed on.
  history.replaceState(null, "", `${location.pathname}${begun?.hash ?? ""}`);
  if (oidc === null) return;
  try {
    const { accessToken, idToken } = await tokensOf(oidc, answer, begun);
    await logIn(accessToken, idToken);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    refuse(error.message);
  }
}

interface Tokens {
  accessToken: string;
  idToken: string;
}

async function tokensOf(oidc: Oidc, answer: URLSearchParams, begun: Begun | null): Promise<Tokens> {
  if (begun === null || answer.get("state") !== begun.state) {
    throw new Refused("This login was not begun in this tab, so it was not taken. Log in from here.");
  }
  const found = await discovered(oidc);
  const from = answer.get("iss");
  if (from === null ? found.authorization_response_iss_parameter_supported : from !== oidc.issuer) {
    throw new Refused("The login came back from another issuer, so it was not taken. Log in again.");
  }
  const error = answer.get("error");
  if (error !== null) throw new Refused(refusal(oidc, error, answer.get("error_description")));
  const tokens = await exchanged(oidc, found, answer.get("code") ?? "", begun);
  const idToken = checkedIdToken(oidc, begun, tokens["id_token"]);
  const token = tokens["access_token"];
  if (typeof token !== "string") throw new Refused(`${issuerName(oidc)} sent no access token.`);
  if (claimsOf(token) === null) {
    throw new Refused(
      `The access token of ${issuerName(oidc)} is no JWT, so the gateway cannot read it. Have the issuer make one for ` +
        "this API; where it has to be told which, set GATEWAY_CONSOLE_OIDC_RESOURCE.",
    );
  }
  return { accessToken: token, idToken };
}

async function exchanged(oidc: Oidc, found: Discovered, code: string, begun: Begun): Promise<Record<string, unknown>> {
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUri(),
    client_id: oidc.clientId,
    code_verifier: begun.verifier,
    ...(oidc.resource && { resource: oidc.resource }),
  });
  const { isOk, json } = await asked(oidc, found.token_endpoint, { method: "POST", body });
  if (!isOk) throw new Refused(refusal(oidc, String(json["error"] ?? "no token"), json["error_description"]));
  return json;
}

/** Core 3.1.3.7. It came from the token endpoint by TLS, which stands for its signature; the gateway verifies its own
 * token's. */
function checkedIdToken(oidc: Oidc, begun: Begun, idToken: unknown): string {
  const claims = typeof idToken === "string" ? claimsOf(idToken) : null;
  if (typeof idToken !== "string" || claims === null) throw new Refused(`${issuerName(oidc)} sent no ID token.`);
  const audience = Array.isArray(claims["aud"]) ? (claims["aud"] as unknown[]) : [claims["aud"]];
  const isOurs = audience.includes(oidc.clientId) && (claims["azp"] === undefined || claims["azp"] === oidc.clientId);
  if (claims["iss"] !== oidc.issuer || !isOurs || claims["nonce"] !== begun.nonce) {
    throw new Refused("What the issuer sent back is not the answer to this login, so it was not taken. Log in again.");
  }
  if (typeof claims["exp"] !== "number" || claims["exp"] * 1000 < Date.now() - LEEWAY_MS) {
    throw new Refused("What the issuer sent back is over already by this machine’s clock. Is it right? Then log in again.");
  }
  return idToken;
}

/** Where the issuer ends its own session, with the way back here (OpenID Connect RP-Initiated Logout 1.0); null where it has
 * no such place. Raises: Refused. */
export async function addressOfLogout(oidc: Oidc, idToken: string): Promise<string | null> {
  const { end_session_endpoint: place } = await discovered(oidc);
  if (typeof place !== "string" || !/^https?:/.test(place)) return null;
  const address = new URL(place);
  const asked = { id_token_hint: idToken, client_id: oidc.clientId, post_logout_redirect_uri: redirectUri() };
  for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value);
  return address.href;
}

async function discovered(oidc: Oidc): Promise<Discovered> {
  const address = `${oidc.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const { isOk, json } = await asked(oidc, address);
  const found = json as unknown as Discovered;
  const isWhole = isOk && typeof found.authorization_endpoint === "string" && typeof found.token_endpoint === "string";
  if (!isWhole || found.issuer !== oidc.issuer) {
    throw new Refused(
      `${issuerName(oidc)} does not describe itself as the issuer ${oidc.issuer}. GATEWAY_CONSOLE_OIDC_ISSUER must be ` +
        "written exactly as its discovery document has it.",
    );
  }
  if (found.code_challenge_methods_supported && !found.code_challenge_methods_supported.includes("S256")) {
    throw new Refused(`${issuerName(oidc)} does not know PKCE by S256, without which the console does not log in.`);
  }
  return found;
}

async function asked(oidc: Oidc, address: string, init: RequestInit = {}) {
  try {
    const answer = await fetch(address, { ...init, signal: AbortSignal.timeout(PATIENCE_MS), cache: "no-store" });
    return { isOk: answer.ok, json: (await answer.json()) as Record<string, unknown> };
  } catch {
    throw new Refused(
      `${issuerName(oidc)} could not be asked (${new URL(address).origin}). It may be down; or it does not allow this ` +
        "page’s origin (CORS); or its address is not one that this page may connect to (GATEWAY_CONSOLE_OIDC_ORIGINS).",
    );
  }
}

function refusal(oidc: Oidc, error: string, description: unknown): string {
  const said = typeof description === "string" && description ? `${description} (${error})` : error;
  return error === "access_denied" ? `You did not log in: ${said}.` : `${issuerName(oidc)} refused the login: ${said}.`;
}

/** Clocks differ. */
const LEEWAY_MS = 30_000;

function redirectUri(): string {
  return new URL(".", document.baseURI).href;
}

/** 256 bits, as a word of 43 letters. */
function random(): string {
  return word(crypto.getRandomValues(new Uint8Array(32)));
}

async function challengeOf(verifier: string): Promise<string> {
  return word(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}

function word(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
