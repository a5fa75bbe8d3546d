// Sends one operation to the address of this page.

// `unfilled`: texts that ask for a value. A header that still holds one is left out, so that what needs no token works
// without one; an operation whose variables do is not sent. `token` is the user's own, which goes with every tab in the
// place of one that the page was `given`. `hear(result)` is told every answer.
export function sender({ unfilled, token, given, hear, parse }) {
  const isFilled = ([, value]) => !unfilled.some((text) => String(value).includes(text));
  return async (operation, { headers = {} } = {}) => {
    const asked = unfilled.find((text) => JSON.stringify(operation.variables ?? {}).includes(`"${text}`));
    if (asked) {
      const message = `Nothing was sent. Under Variables, put in what ${asked} asks for, and press play again.`;
      return { errors: [{ message }] };
    }
    const response = await fetch(location.pathname, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/graphql-response+json, application/json",
        ...authorized(Object.fromEntries(Object.entries(headers).filter(isFilled)), token.value(), given),
      },
      body: JSON.stringify({ ...operation, operationName: nameIn(operation, parse) }),
    });
    const text = await response.text();
    let result;
    try {
      result = JSON.parse(text);
    } catch {
      const said = `${response.status} ${response.statusText}, which is not GraphQL: ${text.slice(0, 500)}`;
      return { errors: [{ message: `The server answered ${said}` }] };
    }
    hear(result);
    return result;
  };
}

function authorized(headers, token, given) {
  const name = Object.keys(headers).find((each) => each.toLowerCase() === "authorization");
  if (!token || (name && !given.some((each) => headers[name] === `Bearer ${each}`))) return headers;
  return { ...headers, [name ?? "Authorization"]: `Bearer ${token}` };
}

// GraphiQL learns the name of what is in its editor a moment late: who changes tabs and presses play at once would
// ask for the other tab's operation. Where there is one operation, its own name is right.
function nameIn({ query, operationName }, parse) {
  try {
    const operations = parse(query).definitions.filter(({ kind }) => kind === "OperationDefinition");
    return operations.length === 1 ? operations[0].name?.value : operationName;
  } catch {
    return operationName; // the server says what is wrong with the text
  }
}
