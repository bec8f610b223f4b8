import { answer } from "./answer.js";

// The answers of a subscription, as they come: server-sent events, `next` for an answer and `complete` behind the last.
// EventSource cannot send a body, nor the headers of whoever has a token.
export function events(open) {
  const given = new AbortController();
  const all = read(open, given.signal);
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => all.next(),
      // Whoever presses the button to stop does so while the next event is waited for.
      return: async () => {
        given.abort();
        return { done: true, value: undefined };
      },
    }),
  };
}

async function* read(open, signal) {
  try {
    const response = await open(signal);
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
      yield await answer(response);
      return;
    }
    let rest = "";
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      // A line ends as our server ends it, and an event with an empty one.
      const whole = (rest + part.value).split("\n\n");
      rest = whole.pop();
      for (const event of whole) {
        const field = (name) => event.match(new RegExp(`^${name}: (.*)$`, "m"))?.[1];
        if (field("event") === "complete") return;
        if (field("event") === "next") yield JSON.parse(field("data"));
      }
    }
    yield { errors: [{ message: "The connection broke; run it again, with `after` behind what you have seen." }] };
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
