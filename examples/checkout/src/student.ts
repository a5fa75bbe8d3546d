// Whom this browser buys for. A real page knows it from its sign-in; the demo has a student for everybody, and as many
// new ones as anybody wants.

const KEY = "checkout-student";
const EVERYBODY = "demo-student";

export function student(): string {
  return localStorage.getItem(KEY) ?? EVERYBODY;
}

/** From now on this browser is somebody who has bought nothing yet. */
export function becomeNewStudent(): void {
  const name = [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  localStorage.setItem(KEY, `${EVERYBODY}-${name}`);
  location.assign(location.pathname); // all that the page holds is of the student before
}
