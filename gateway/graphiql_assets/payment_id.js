// Carries the id of the payment that was just opened to the tab that confirms it.

const ASKING = "RUN_CREATE_PAYMENT_FIRST";
const OPENED = "graphiql:openedPayment";
const CARRIED = "graphiql:carriedPayment";

export function paymentIdCarrier(React, useEditorContext, storage) {
  function hear(result) {
    const id = result?.data?.createPayment?.payment?.id;
    if (id) storage.setItem(OPENED, id);
  }

  // Replaces the placeholder, or what was carried here before, but never an id that the user typed.
  function Component() {
    const { tabs, activeTabIndex, variableEditor } = useEditorContext();
    const activeTab = tabs[activeTabIndex]?.id;
    React.useEffect(() => {
      const id = storage.getItem(OPENED);
      if (!variableEditor || !id) return;
      const before = variableEditor.getValue();
      const old = [ASKING, storage.getItem(CARRIED)].find((text) => text && before.includes(`"${text}"`));
      if (!old || old === id) return;
      variableEditor.setValue(before.replaceAll(`"${old}"`, `"${id}"`));
      storage.setItem(CARRIED, id);
    }, [activeTab, variableEditor]);
    return null;
  }

  return { hear, Component };
}
