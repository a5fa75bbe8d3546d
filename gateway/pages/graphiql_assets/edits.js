// Keeps what the user edited from one visit to the next, and keeps it true when the server starts again.
//
// Every visit has tokens, people and ids of its own. So what is stored holds {{placeholders}} for them, and what is
// read back holds today's values: an edited tab survives a restart, and an expired token never does.
import { titleOf } from "./tab_filler.js";

const TAB_KEYS = ["tabState", "query", "variables", "headers"].map((name) => `graphiql:${name}`);
const VERSION = "graphiql:tabsVersion";

export function keptEdits({ tabs, values, tabsVersion }, ids, store = window.localStorage) {
  const learnt = ids.holes;
  const pairs = (from) => Object.entries(from).map(([name, value]) => [`{{${name}}}`, value]);
  const fixed = pairs(values).filter(([hole]) => !learnt.includes(hole.slice(2, -2)));
  const filled = (text) => pairs(ids.values()).reduce((done, [hole, value]) => done.replaceAll(hole, () => value), text);
  const emptied = (text) => fixed.reduce((done, [hole, value]) => done.replaceAll(value, () => hole), text);
  const templates = new Map(tabs.map(({ query, variables }) => [titleOf(query), variables]));

  // One id may stand for several placeholders: which one it is, is known by the tab that it stands in.
  function emptiedTabs(text) {
    const state = JSON.parse(text);
    for (const tab of state.tabs) {
      if (tab.variables) tab.variables = ids.emptied(tab.variables, templates.get(titleOf(tab.query)) ?? "");
    }
    return JSON.stringify(state);
  }

  const key = (name) => `course-gateway:${name}`;
  const storage = {
    getItem(name) {
      const text = store.getItem(key(name));
      return text === null ? null : filled(text);
    },
    setItem: (name, text) => store.setItem(key(name), emptied(name === TAB_KEYS[0] ? emptiedTabs(text) : text)),
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
