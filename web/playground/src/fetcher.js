import { getOperationAST, parse } from "graphql";

import { answer } from "./answer.js";
import { events } from "./events.js";

// Every operation goes to the server by POST; the answer is JSON, whatever its status, and of a subscription a stream.
export async function fetcher({ query, variables, operationName }, options) {
  // GraphiQL learns an operation's name a tenth of a second late. Whoever changes the tab and runs at once would ask for
  // the name of the tab before.
  const known = operationName && new RegExp(`\\b(query|mutation|subscription)\\s+${operationName}\\b`).test(query);
  const name = known ? operationName : undefined;
  // What is asked beyond the data stands in comments, since GraphiQL has no editor for it: # extensions: { "citations": true }
  const asked = [...query.matchAll(/^# extensions: (.*)$/gm)].map(([, text]) => JSON.parse(text));
  const post = (accept, signal) =>
    fetch("/graphql", {
      method: "POST",
      signal,
      headers: { "content-type": "application/json", accept, ...options?.headers },
      body: JSON.stringify({
        query,
        variables,
        operationName: name,
        extensions: asked.length > 0 ? Object.assign({}, ...asked) : undefined,
      }),
    });
  if (subscribes(query, name)) return events((signal) => post("text/event-stream", signal));
  return answer(await post("application/graphql-response+json, application/json;q=0.9"));
}

function subscribes(query, name) {
  try {
    return getOperationAST(parse(query), name)?.operation === "subscription";
  } catch {
    // The server says what is wrong with it.
    return false;
  }
}
