// A real gateway in demo mode, on a free port and a database of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const PYTHON = process.env.PYTHON ?? join(ROOT, ".venv/bin/python");

/**
 * @param {{home?: string, port?: number}} [where] to find a database again, and to be found again
 * @returns {Promise<{origin: string, admin: (query: string) => Promise<any>, stop: (signal?: string) => Promise<void>}>}
 */
export async function serve({ home, port = 0 } = {}) {
  const folder = home ?? (await mkdtemp(join(tmpdir(), "checkout-")));
  const child = spawn(PYTHON, ["-m", "gateway", "serve", "--demo", "--port", String(port)], {
    cwd: ROOT,
    env: { ...process.env, GATEWAY_DATABASE_URL: `sqlite:///${folder}/demo.db`, PYTHONUNBUFFERED: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  child.stderr.resume();
  const lines = createInterface({ input: child.stdout });
  const said = await firstLines(lines, ended);
  const origin = said.find((line) => line.startsWith("Serving ")).match(/http:\/\/[\w.:]+/)[0];
  const adminToken = said.at(-1);

  const stop = async (signal = "SIGTERM") => {
    child.kill(signal);
    await ended;
    if (home === undefined) await rm(folder, { recursive: true, force: true });
  };
  const admin = async (query) => {
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${adminToken}` };
    const answer = await fetch(`${origin}/graphql`, { method: "POST", headers, body: JSON.stringify({ query }) });
    return (await answer.json()).data;
  };
  return { origin, admin, stop };
}

/** What is printed down to the admin's token; what follows is read and let go. */
function firstLines(lines, ended) {
  return new Promise((resolve, reject) => {
    const said = [];
    let isTokenNext = false;
    lines.on("line", (line) => {
      said.push(line);
      if (isTokenNext) resolve([...said]);
      isTokenNext ||= line.startsWith("ADMIN token");
    });
    ended.then(() => reject(new Error(`the gateway ended; it said:\n${said.join("\n")}`)));
  });
}
