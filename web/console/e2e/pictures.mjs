// A picture of each page, in light, in dark and on a phone: `node e2e/pictures.mjs FOLDER`, to be looked at.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { launch, person } from "./browser.mjs";
import { serve } from "./gateway.mjs";

const folder = process.argv[2] ?? "pictures";
const only = process.argv[3];
await mkdir(folder, { recursive: true });
const [browser, gateway] = await Promise.all([launch(), serve()]);

try {
  const yoga = "crs_01j0000000e008000000000001";
  const maths = "crs_01j0000000e008000000000002";
  const guitar = "crs_01j0000000e008000000000003";
  const bought = await gateway.pay("meera-17", yoga, { tier: "STANDARD" });
  const given = await gateway.pay("meera-17", maths);
  await gateway.refund(given.paymentId, 50_000, "Two sessions fell out");
  const raffle = await gateway.grant("arjun-4", guitar);
  const revoked = await gateway.grant("li-wei", guitar);
  await gateway.revoke(revoked);
  const stuck = await gateway.pay("arjun-4", maths, { card: "tok_refuse_refund" });
  await gateway.refund(stuck.paymentId, null, "Bought by mistake");
  for (let number = 1; number <= 28; number += 1) await gateway.pay(`pupil-${number}`, yoga);
  const { jobs } = await gateway.ask("{ jobs(filter: {state: FAILED}) { nodes { id } } }");
  const job = jobs.nodes[0]?.id;

  const pages = [
    ["attention", "#/"],
    ["search", "#/search?for=meera-17"],
    ["student", "#/students/meera-17"],
    ["erase", "#/students/meera-17/erase"],
    ["purchases", "#/purchases"],
    ["purchase", `#/purchases/${bought.purchaseId}`],
    ["revoke", `#/purchases/${bought.purchaseId}/revoke`],
    ["extend", `#/purchases/${raffle}/extend`],
    ["correct", `#/purchases/${raffle}/correct`],
    ["grant", "#/grant"],
    ["payments", "#/payments"],
    ["payment", `#/payments/${given.paymentId}`],
    ["refund", `#/payments/${given.paymentId}/refund`],
    ["refunds", "#/refunds"],
    ["jobs", "#/jobs"],
    ["job", `#/jobs/${job}`],
    ["retry", `#/jobs/${job}/retry`],
    ["courses", "#/courses"],
    ["numbers", "#/numbers"],
    ["record", `#/purchases/${raffle}/record/1`],
    ["course", `#/courses/${yoga}`],
  ].filter(([name]) => !only || only.split(",").includes(name));
  const looks = {
    light: {},
    dark: { colorScheme: "dark" },
    phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 },
  };
  for (const [look, options] of Object.entries(looks)) {
    const who = await person(browser, gateway.origin, options);
    const tab = await who.tab();
    await tab.open();
    await tab.page.getByLabel("Access token of role ADMIN").waitFor();
    if (!only) await tab.page.screenshot({ path: join(folder, `login-${look}.png`), fullPage: true });
    await tab.loggedIn();
    for (const [name, hash] of pages) {
      await tab.open(hash);
      await tab.page.waitForLoadState("networkidle").catch(() => {});
      await tab.page.locator(".loading").waitFor({ state: "detached" });
      await tab.page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: true });
      const { scrollWidth, clientWidth } = await tab.page.evaluate(() => document.documentElement);
      if (scrollWidth > clientWidth) console.log(`${name}-${look} is ${scrollWidth} wide, of ${clientWidth}`);
    }
    for (const complaint of who.complaints) console.log(look, complaint);
    await who.context.close();
  }
} finally {
  await browser.close();
  await gateway.stop();
}
