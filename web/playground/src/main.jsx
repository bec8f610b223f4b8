import "./workers.js";

import { createRoot } from "react-dom/client";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { explorerPlugin } from "@graphiql/plugin-explorer";

import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "@graphiql/plugin-explorer/style.css";
import "graphiql/graphiql.css";
import "./style.css";

import { fetcher } from "./fetcher.js";
import { storage } from "./storage.js";
import { tabs } from "./tabs.js";

// Outside of the component: a new list would set the plugins anew.
const plugins = [HISTORY_PLUGIN, explorerPlugin()];

createRoot(document.getElementById("root")).render(
  <GraphiQL
    fetcher={fetcher}
    storage={storage}
    plugins={plugins}
    defaultTabs={tabs}
    defaultQuery=""
    defaultEditorToolsVisibility="variables"
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>
      <span className="jiedui-logo">jiedui 结对</span>
    </GraphiQL.Logo>
  </GraphiQL>,
);
