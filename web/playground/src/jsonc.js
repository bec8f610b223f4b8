// Stands in for the module of @graphiql/react: the same functions, but variables and headers are formatted by
// jsonc-parser, which is there anyway, and not by half a megabyte of Prettier for JavaScript.
import { applyEdits, format } from "jsonc-parser";

export { parseJSONC, tryParseJSONC } from "../node_modules/@graphiql/react/dist/utility/jsonc.js";

export async function formatJSONC(text) {
  return applyEdits(text, format(text, undefined, { insertSpaces: true, tabSize: 2, eol: "\n" }));
}
