import { render } from "preact";
import { App } from "./app";
import { startStudy } from "./api/head_start";
import { route, startRouter } from "./router";
import "./styles/page.scss";

async function start(): Promise<void> {
  // `npm run mock` plays the server, too; a production build leaves all of it out.
  if (import.meta.env.MODE === "mock") (await import("./mock")).install();
  startRouter();
  const at = route.peek();
  if (at.name === "study" || at.name === "trial") startStudy(at.studyId);
  const root = document.getElementById("app");
  if (root) render(<App />, root);
}

void start();
