// What the gateway says of itself: how people log in, and which currencies' minor unit is no hundredth.

export interface Oidc {
  issuer: string;
  clientId: string;
  scopes: string;
  resource: string | null;
}

export interface Config {
  oidc: Oidc | null;
  isDevelopment: boolean;
  /** Decimal digits of the currencies that have other than two (ISO 4217). */
  digits: Record<string, number>;
}

let config: Config = { oidc: null, isDevelopment: false, digits: {} };

/** Asked for once, before anything is shown. */
export async function loadConfig(): Promise<void> {
  const answer = await fetch(new URL("config.json", document.baseURI), { cache: "no-store" });
  if (!answer.ok) throw new Error(`config.json answered ${answer.status}`);
  config = (await answer.json()) as Config;
}

export function configured(): Config {
  return config;
}
