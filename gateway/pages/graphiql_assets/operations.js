// The prepared operations in a list, by what they are for; and the token that is sent with every tab.
import { titleOf } from "./tab_filler.js";

// A plugin of GraphiQL's. An operation opens in a tab of its own, once: what was changed in it stays.
export function operationList({ React, useEditorContext, tabs, filled, variablesOf, token, isDemo }) {
  const e = React.createElement;
  const groups = Object.entries(Object.groupBy(tabs, ({ group }) => group));

  function Content() {
    const editor = useEditorContext();
    const { tabs: open, activeTabIndex, queryEditor, variableEditor, headerEditor } = editor;
    const wanted = React.useRef(null);
    const [, redraw] = React.useState(token.value());
    const isReady = Boolean(queryEditor && variableEditor && headerEditor);

    React.useEffect(() => {
      if (wanted.current === null || open.length <= wanted.current.after) return;
      const { query, headers } = wanted.current.tab;
      wanted.current = null;
      variableEditor.setValue(variablesOf(query));
      headerEditor.setValue(filled(headers));
      queryEditor.setValue(query);
    }, [open.length]);

    // GraphiQL copies the text of the tab that is shown into `open` a moment late.
    const textOf = (tab, index) => (index === activeTabIndex ? queryEditor?.getValue() : tab.query);
    function show(tab) {
      const there = open.findIndex((each, index) => titleOf(textOf(each, index)) === titleOf(tab.query));
      if (there >= 0) return editor.changeTab(there);
      wanted.current = { tab, after: open.length };
      return editor.addTab();
    }

    const shown = titleOf(open[activeTabIndex]?.query);
    const entry = (tab) => {
      const title = titleOf(tab.query);
      const props = { type: "button", disabled: !isReady, onClick: () => show(tab) };
      return e("li", { key: title }, e("button", { ...props, "aria-current": title === shown || undefined }, title));
    };
    return e(
      "section",
      { className: "operations", "aria-label": "Operations" },
      e("h2", null, "Operations"),
      e("h3", null, e("label", { htmlFor: "token" }, "Token for all tabs")),
      e("input", {
        id: "token",
        type: "password",
        autoComplete: "off",
        spellCheck: false,
        value: token.value(),
        onChange: (event) => redraw(token.set(event.target.value)),
      }),
      e("p", null, isDemo ? WITHOUT_IN_A_DEMO : WITHOUT, KEPT),
      groups.map(([group, members]) =>
        e(React.Fragment, { key: group }, e("h3", null, group), e("ul", { "aria-label": group }, members.map(entry))),
      ),
    );
  }

  // GraphiQL's `visiblePlugin` names the panel and leaves it folded; its own button, which comes late, unfolds it.
  function unfold(root) {
    const look = () => {
      const button = root.querySelector('[aria-label="Show Operations"]');
      if (!button) return;
      coming.disconnect();
      button.click();
    };
    const coming = new MutationObserver(look);
    coming.observe(root, { childList: true, subtree: true });
  }

  return { plugin: { title: "Operations", icon: Icon, content: () => e(Content) }, unfold };

  function Icon() {
    const path = "M1 3h2M1 7h2M1 11h2M5 3h8M5 7h8M5 11h8";
    const props = { viewBox: "0 0 14 14", width: 14, height: 14, fill: "none", stroke: "currentColor", strokeWidth: 1.5 };
    return e("svg", { ...props, "aria-hidden": true }, e("path", { d: path }));
  }
}

const WITHOUT_IN_A_DEMO = "Empty, each tab has a token of the demo's: a student's or an admin's, as its operation needs. ";
const WITHOUT = "Paste one, and every tab uses it. ";
const KEPT = "It is forgotten with this browser tab, and gives way to a token that you write under Headers.";

// A token of the user's own: for this browser tab alone, and not where GraphiQL keeps its tabs.
export function ownToken(store = window.sessionStorage) {
  const KEY = "course-gateway:token";
  return {
    value: () => store.getItem(KEY) ?? "",
    set(text) {
      const token = text.trim().replace(/^bearer\s+/i, "");
      if (token) store.setItem(KEY, token);
      else store.removeItem(KEY);
      return token;
    },
  };
}
