// Every operation goes to the server by POST; the answer is JSON, whatever its status.
export async function fetcher({ query, variables, operationName }, options) {
  // GraphiQL learns an operation's name a tenth of a second late. Whoever changes the tab and runs at once would ask for
  // the name of the tab before.
  const known = operationName && new RegExp(`\\b(query|mutation|subscription)\\s+${operationName}\\b`).test(query);
  // What is asked beyond the data stands in comments, since GraphiQL has no editor for it: # extensions: { "citations": true }
  const asked = [...query.matchAll(/^# extensions: (.*)$/gm)].map(([, text]) => JSON.parse(text));
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/graphql-response+json, application/json;q=0.9",
      ...options?.headers,
    },
    body: JSON.stringify({
      query,
      variables,
      operationName: known ? operationName : undefined,
      extensions: asked.length > 0 ? Object.assign({}, ...asked) : undefined,
    }),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`The answer is no JSON: ${response.status} ${response.statusText} ${text.slice(0, 500)}`.trim());
  }
}
