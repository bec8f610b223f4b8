// The worked questions, in the order of their file names. A question's variables stand in its first line, as in the
// project's README.
const files = import.meta.glob("../tabs/*.graphql", { query: "?raw", import: "default", eager: true });

export const tabs = Object.keys(files)
  .sort()
  .map((name) => {
    const [, variables, query] = /^(?:# variables: (.*)\n)?([^]*)$/.exec(files[name]);
    return { query, variables: variables ? JSON.stringify(JSON.parse(variables), null, 2) : null };
  });
