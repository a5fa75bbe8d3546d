// Puts today's ids into the tab that is shown, as long as nobody edited its variables.

const TITLE = /^(?!#).*(?:query|subscription|mutation)\s+([a-zA-Z0-9_]+)/m; // as GraphiQL finds a tab's title

export const titleOf = (query) => TITLE.exec(query ?? "")?.[1];

export function tabFiller(React, useEditorContext, tabs, filled) {
  const templates = new Map(tabs.map(({ query, variables }) => [titleOf(query), variables]));
  const ours = new Map([...templates].map(([title, template]) => [title, new Set([filled(template)])]));
  let fill = () => {};

  function Component() {
    const { tabs: open, activeTabIndex, variableEditor } = useEditorContext();
    const active = open[activeTabIndex];
    const title = titleOf(active?.query);
    fill = () => {
      if (!variableEditor || !templates.has(title)) return;
      const before = variableEditor.getValue();
      const after = filled(templates.get(title));
      if (before === after || !ours.get(title).has(before)) return;
      ours.get(title).add(after);
      variableEditor.setValue(after);
    };
    React.useEffect(() => fill(), [active?.id, variableEditor]);
    return null;
  }

  // What an operation is opened with, which is not an edit of the user's.
  function variablesOf(query) {
    const title = titleOf(query);
    const text = filled(templates.get(title));
    ours.get(title).add(text);
    return text;
  }

  return { Component, fill: () => fill(), variablesOf };
}
