// Every operation goes to the server by POST; the answer is JSON, whatever its status.
export async function fetcher(params, options) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/graphql-response+json, application/json;q=0.9",
      ...options?.headers,
    },
    body: JSON.stringify(params),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`The answer is no JSON: ${response.status} ${response.statusText} ${text.slice(0, 500)}`.trim());
  }
}
