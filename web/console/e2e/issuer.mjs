// A real OpenID provider on a free port: it logs in whoever types a name, and makes access tokens for the gateway.

import { once } from "node:events";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

export const AUDIENCE = "https://courses.example/graphql";
export const CLIENT = "console";

/** Whose tokens have which role. */
const ROLES = { asha: "ADMIN", ravi: "ADMIN", meera: "STUDENT" };

/** An address first, and what answers there once the gateway's is known: each has to know the other's. */
export async function openIssuer() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const settings = {
    GATEWAY_JWKS_URL: `${issuer}/jwks`,
    GATEWAY_JWT_ISSUER: issuer,
    GATEWAY_JWT_AUDIENCE: AUDIENCE,
    GATEWAY_CONSOLE_OIDC_ISSUER: issuer,
    GATEWAY_CONSOLE_OIDC_CLIENT_ID: CLIENT,
    GATEWAY_CONSOLE_OIDC_RESOURCE: AUDIENCE,
  };
  /** What came to the token endpoint; and how the way back is changed, as an attacker would. */
  const seen = { exchanges: [], format: "jwt", lifetime: 3600, change: null };
  const begin = (gatewayOrigin) => {
    const provider = providerFor(issuer, gatewayOrigin, seen);
    const answer = provider.callback();
    server.on("request", (request, response) => {
      if (request.method === "POST" && request.url.startsWith("/token")) seen.exchanges.push(request.url);
      changingTheWayBack(response, gatewayOrigin, seen);
      answer(request, response);
    });
    return provider;
  };
  return { issuer, settings, seen, begin, close: () => server.close() };
}

function changingTheWayBack(response, gatewayOrigin, seen) {
  const setHeader = response.setHeader.bind(response);
  response.setHeader = (name, value) => {
    if (name.toLowerCase() !== "location" || seen.change === null || !String(value).startsWith(`${gatewayOrigin}/`)) {
      return setHeader(name, value);
    }
    const address = new URL(value);
    seen.change(address.searchParams);
    return setHeader(name, address.href);
  };
}

function providerFor(issuer, gatewayOrigin, seen) {
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT,
        token_endpoint_auth_method: "none",
        redirect_uris: [`${gatewayOrigin}/console/`],
        post_logout_redirect_uris: [`${gatewayOrigin}/console/`],
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
    ],
    clientBasedCORS: (_, origin) => origin === gatewayOrigin,
    cookies: { keys: ["of these tests"] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    extraTokenClaims: (_, token) => ({ role: ROLES[token.accountId] ?? "SERVICE" }),
    features: {
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: "",
          audience: AUDIENCE,
          accessTokenTTL: seen.lifetime,
          accessTokenFormat: seen.format,
          jwt: { sign: { alg: "RS256" } },
        }),
        useGrantedResource: () => true,
      },
    },
  });
  provider.on("server_error", (_, error) => console.error(error));
  return provider;
}
