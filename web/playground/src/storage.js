import { createLocalStorage } from "@graphiql/toolkit";

// Under a name of its own: another GraphiQL may have been served at the same host and port.
export const storage = createLocalStorage({ namespace: "jiedui" });

// The history would keep each question with its headers, and so the token of whoever asked, for all who use this browser.
const { setItem } = storage;
storage.setItem = (key, value) => setItem(key, /:(queries|favorites)$/.test(key) ? withoutHeaders(value) : value);

function withoutHeaders(text) {
  return JSON.stringify(JSON.parse(text, (name, value) => (name === "headers" ? undefined : value)));
}
