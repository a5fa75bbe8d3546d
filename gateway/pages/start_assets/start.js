// The start page's two helpers: whether the gateway is ready, and a token in the clipboard.

const health = document.getElementById("health");
const ready = await fetch("readyz", { cache: "no-store" }).catch(() => null);
if (ready?.ok) health.textContent = "ready";
else if (ready) health.textContent = `not ready: ${(await ready.text()).slice(0, 300)}`;
else health.textContent = "does not answer";
health.className = ready?.ok ? "good" : "bad";

for (const button of document.querySelectorAll("button[data-copies]")) {
  const token = document.getElementById(button.dataset.copies);
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(token.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(token); // no clipboard here: it is selected, to be copied by hand
      button.textContent = "Selected";
    }
  });
}
