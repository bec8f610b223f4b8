// Stands in for @graphiql/react in the Explorer, which prints the query anew at each click and so loses its comments:
// those above the first operation stay.
import { useOperationsEditorState as useEditor } from "@graphiql/react";

export * from "@graphiql/react";

const COMMENTS = /^(?:[^\S\n]*(?:#.*)?\n)*/;

export function useOperationsEditorState() {
  const [text, setText] = useEditor();
  return [text, (next) => setText(next.trimStart().startsWith("#") ? next : COMMENTS.exec(text)[0] + next)];
}
