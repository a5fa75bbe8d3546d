// Keeps what the user edited from one visit to the next, and keeps it true when the server starts again.
//
// Demo tokens and the demo course change with the server. So what is stored holds {{placeholders}} for them, and what
// is read back holds today's values: an edited tab survives a restart, and an expired token never does.

const TAB_KEYS = ["tabState", "query", "variables", "headers"].map((name) => `graphiql:${name}`);
const VERSION = "graphiql:tabsVersion";

export function keptEdits({ values, tabsVersion }, store = window.localStorage) {
  const pairs = Object.entries(values).map(([name, value]) => [`{{${name}}}`, value]);
  const filled = (text) => pairs.reduce((done, [hole, value]) => done.replaceAll(hole, () => value), text);
  const emptied = (text) => pairs.reduce((done, [hole, value]) => done.replaceAll(value, () => hole), text);

  const key = (name) => `course-gateway:${name}`;
  const storage = {
    getItem(name) {
      const text = store.getItem(key(name));
      return text === null ? null : filled(text);
    },
    setItem: (name, text) => store.setItem(key(name), emptied(text)),
    removeItem: (name) => store.removeItem(key(name)),
    clear: () => ours().forEach((name) => store.removeItem(name)),
    get length() {
      return ours().length;
    },
  };
  const ours = () => Object.keys(store).filter((name) => name.startsWith(key("")));

  forgetTabsOfAnotherVersion(storage, tabsVersion);
  agreeOnActiveTab(storage);
  return { storage, filled };
}

// New prepared tabs would hide behind stored ones; the history of what was run stays.
function forgetTabsOfAnotherVersion(storage, tabsVersion) {
  if (storage.getItem(VERSION) === tabsVersion) return;
  TAB_KEYS.forEach((name) => storage.removeItem(name));
  storage.setItem(VERSION, tabsVersion);
}

// GraphiQL stores the editors' texts and the tabs apart and at different moments. Where they disagree at the next
// visit it opens one tab too many, so the tabs are taken as the truth.
function agreeOnActiveTab(storage) {
  const [tabState, ...editors] = TAB_KEYS;
  let active;
  try {
    const state = JSON.parse(storage.getItem(tabState));
    active = state.tabs[state.activeTabIndex];
  } catch {
    active = undefined;
  }
  if (!active) {
    TAB_KEYS.forEach((name) => storage.removeItem(name));
    return;
  }
  for (const name of editors) {
    const text = active[name.replace("graphiql:", "")];
    if (text) storage.setItem(name, text);
    else storage.removeItem(name);
  }
}
