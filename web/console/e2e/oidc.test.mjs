// Logging in with a real OpenID provider: authorization code with PKCE, and everything that can be wrong on the way back.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { isFailedRequest, person } from "./browser.mjs";
import { openIssuer } from "./issuer.mjs";
import { setting } from "./setting.mjs";

let op;
const its = setting(async () => {
  op = await openIssuer();
  return { env: op.settings };
});
let isBegun = false;
after(() => op?.close());

async function visitor() {
  if (!isBegun) op.begin(its.gateway.origin);
  isBegun = true;
  const who = await person(its.browser, [its.gateway.origin, op.issuer]);
  return { who, tab: await who.tab() };
}

const name = () => new URL(op.issuer).host;

async function logInAtIssuer(tab, login = "asha") {
  await tab.page.getByPlaceholder("Enter any login").fill(login);
  await tab.page.getByPlaceholder("and password").fill("anything");
  await tab.page.getByRole("button", { name: "Sign-in" }).click();
  await tab.page.getByRole("button", { name: "Continue" }).click();
}

const isExpected = (text) => isFailedRequest(text);

describe("a login with the issuer", () => {
  test("leads back to where one was, and the tokens are in this tab alone", async () => {
    const { who, tab } = await visitor();
    await tab.open("#/courses");
    const [asked] = await Promise.all([
      tab.page.waitForRequest((request) => request.url().includes("/auth?")),
      tab.press(`Log in with ${name()}`),
    ]);
    const query = new URL(asked.url()).searchParams;
    assert.deepEqual(
      ["response_type", "code_challenge_method", "scope", "redirect_uri"].map((each) => query.get(each)),
      ["code", "S256", "openid", `${its.gateway.origin}/console/`],
    );
    for (const each of ["state", "nonce", "code_challenge"]) assert.match(query.get(each), /^[\w-]{43}$/);
    await logInAtIssuer(tab);
    await tab.heading("Courses");
    await tab.says("Yoga for Beginners");
    assert.equal(tab.page.url(), `${its.gateway.origin}/console/#/courses`);
    const kept = await tab.page.evaluate(() => [localStorage.length, document.cookie, Object.keys(sessionStorage)]);
    assert.deepEqual(kept, [0, "", ["console:session"]]);
    await tab.says("asha");
    await who.done({ isExpected });
  });

  test("of a student is refused with the reason", async () => {
    const { who, tab } = await visitor();
    await tab.open();
    await tab.press(`Log in with ${name()}`);
    await logInAtIssuer(tab, "meera");
    await tab.says("This token is a student’s (meera, role STUDENT)");
    await who.done({ isExpected });
  });

  test("that is called off is said, and can be begun again", async () => {
    const { who, tab } = await visitor();
    await tab.open();
    await tab.press(`Log in with ${name()}`);
    await tab.page.getByRole("link", { name: /Cancel/ }).click();
    await tab.says("You did not log in");
    await tab.press(`Log in with ${name()}`);
    await logInAtIssuer(tab);
    await tab.heading("What needs attention");
    await who.done({ isExpected });
  });

  test("keeps what was typed, over the whole way to the issuer and back", async () => {
    const { who, tab } = await visitor();
    await tab.open("#/grant");
    await tab.press(`Log in with ${name()}`);
    await logInAtIssuer(tab);
    await tab.fill("Reason", "Typed before the token ended");
    await tab.page.evaluate(() => sessionStorage.removeItem("console:session"));
    await tab.page.reload();
    await tab.press(`Log in with ${name()}`);
    await tab.heading("Grant a course");
    assert.equal(await tab.page.getByLabel("Reason").inputValue(), "Typed before the token ended");
    await who.done({ isExpected });
  });
});

describe("logging out", () => {
  test("ends the issuer's own session as well, and leads back", async () => {
    const { who, tab } = await visitor();
    await tab.open();
    await tab.press(`Log in with ${name()}`);
    await logInAtIssuer(tab);
    await tab.heading("What needs attention");
    const [asked] = await Promise.all([
      tab.page.waitForRequest((request) => request.url().includes("/session/end?")),
      tab.press("Log out"),
    ]);
    assert.equal(new URL(asked.url()).searchParams.get("post_logout_redirect_uri"), `${its.gateway.origin}/console/`);
    await tab.page.getByRole("button", { name: "Yes, sign me out" }).click();
    await tab.heading("Console");
    assert.equal(await tab.page.evaluate(() => sessionStorage.length), 0);
    await tab.press(`Log in with ${name()}`);
    await tab.shown(tab.page.getByPlaceholder("Enter any login"));
    await who.done({ isExpected });
  });

  test("where the issuer has no place for that, says that its session goes on", async () => {
    const { who, tab } = await visitor();
    await tab.page.route("**/.well-known/openid-configuration", async (route) => {
      const response = await route.fetch();
      const { end_session_endpoint: _, ...json } = await response.json();
      await route.fulfill({ response, json });
    });
    await tab.open();
    await tab.press(`Log in with ${name()}`);
    await logInAtIssuer(tab);
    await tab.heading("What needs attention");
    await tab.press("Log out");
    await tab.says(`Your session at ${name()} goes on`);
    assert.equal(await tab.page.evaluate(() => sessionStorage.length), 0);
    await who.done({ isExpected });
  });
});

describe("what comes back and is not the answer to this login", () => {
  /** The way back, changed: as whoever wants another's login taken would. */
  const changed = async (tab, change) => {
    await tab.open();
    await tab.press(`Log in with ${name()}`);
    op.seen.change = change;
    try {
      await logInAtIssuer(tab);
      await tab.heading("Console");
    } finally {
      op.seen.change = null;
    }
  };

  test("with another state, the code is not even exchanged", async () => {
    const { who, tab } = await visitor();
    const before = op.seen.exchanges.length;
    await changed(tab, (query) => query.set("state", "forged"));
    await tab.says("This login was not begun in this tab");
    assert.equal(op.seen.exchanges.length, before);
    assert.equal(new URL(tab.page.url()).search, "");
    await who.done({ isExpected });
  });

  test("a link with somebody else's code, opened in a tab that began nothing", async () => {
    const { who, tab } = await visitor();
    const before = op.seen.exchanges.length;
    await tab.page.goto(`${its.gateway.origin}/console/?code=stolen&state=stolen&iss=${encodeURIComponent(op.issuer)}`);
    await tab.says("This login was not begun in this tab");
    assert.equal(op.seen.exchanges.length, before);
    await who.done({ isExpected });
  });

  test("from another issuer, or from one that does not say which it is", async () => {
    for (const change of [(query) => query.set("iss", "https://evil.example"), (query) => query.delete("iss")]) {
      const { who, tab } = await visitor();
      const before = op.seen.exchanges.length;
      await changed(tab, change);
      await tab.says("The login came back from another issuer");
      assert.equal(op.seen.exchanges.length, before);
      await who.done({ isExpected });
    }
  });

  test("a code of another login is refused by the issuer, as its verifier is another", async () => {
    const { who, tab } = await visitor();
    await changed(tab, (query) => query.set("code", `${query.get("code").slice(0, -4)}AAAA`));
    await tab.says(`${name()} refused the login`);
    await who.done({ isExpected });
  });

  test("an ID token with another nonce", async () => {
    const { who, tab } = await visitor();
    await tab.page.route(`${op.issuer}/token`, async (route) => {
      const response = await route.fetch();
      const tokens = await response.json();
      const [head, claims, signature] = tokens.id_token.split(".");
      const told = { ...JSON.parse(Buffer.from(claims, "base64url").toString()), nonce: "of another login" };
      tokens.id_token = [head, Buffer.from(JSON.stringify(told)).toString("base64url"), signature].join(".");
      await route.fulfill({ response, json: tokens });
    });
    await tab.open();
    await tab.press(`Log in with ${name()}`);
    await logInAtIssuer(tab);
    await tab.says("What the issuer sent back is not the answer to this login");
    assert.equal(await tab.page.evaluate(() => sessionStorage.getItem("console:session")), null);
    await who.done({ isExpected });
  });
});

describe("an issuer that does not fit", () => {
  test("that makes tokens which no gateway can read is said with what to set", async () => {
    const { who, tab } = await visitor();
    op.seen.format = "opaque";
    try {
      await tab.open();
      await tab.press(`Log in with ${name()}`);
      await logInAtIssuer(tab);
      await tab.says("is no JWT, so the gateway cannot read it");
      await tab.says("GATEWAY_CONSOLE_OIDC_RESOURCE");
    } finally {
      op.seen.format = "jwt";
    }
    await who.done({ isExpected });
  });

  test("that does not answer is said, and a token can be pasted all the same", async () => {
    const { who, tab } = await visitor();
    await tab.open();
    await tab.page.route(`${op.issuer}/**`, (route) => route.abort("connectionrefused"));
    await tab.press(`Log in with ${name()}`);
    await tab.says(`${name()} could not be asked (${op.issuer})`);
    await tab.shown(tab.page.getByLabel("Access token of role ADMIN"));
    await who.done({ isExpected });
  });

  test("that describes itself as another one is not asked for a login", async () => {
    const { who, tab } = await visitor();
    await tab.open();
    await tab.page.route(`${op.issuer}/.well-known/**`, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), issuer: "https://evil.example" } });
    });
    await tab.press(`Log in with ${name()}`);
    await tab.says(`${name()} does not describe itself as the issuer ${op.issuer}`);
    await who.done({ isExpected });
  });
});
