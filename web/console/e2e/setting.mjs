// One gateway and one Chromium for all tests of a file.

import { after, before } from "node:test";
import { launch, person } from "./browser.mjs";
import { serve } from "./gateway.mjs";

/** @param {() => Promise<object>} [options] of `serve`, once it is known */
export function setting(options = async () => ({})) {
  const its = { browser: null, gateway: null, yoga: "crs_01j0000000e008000000000001", person: null };
  let people = 0;
  before(async () => {
    [its.browser, its.gateway] = await Promise.all([launch(), serve(await options())]);
    its.person = (more) => person(its.browser, its.gateway.origin, more);
  });
  after(async () => {
    await its.browser?.close();
    await its.gateway?.stop();
  });
  /** A student of this test's own. */
  its.student = () => `student-${process.pid}-${++people}`;
  return its;
}
