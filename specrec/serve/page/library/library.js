// The library's own page: what is in it, what was left out, what to decide, and what hears it.

import * as api from "../api.js";
import { announce, make } from "../dom.js";
import { messages } from "../messages.js";
import { clusterCards } from "./clusters.js";
import { duplicatesCard } from "./duplicates.js";
import { filesCard } from "./files.js";
import { changesCard, factsCard, modelCard } from "./model.js";
import { reportCard } from "./report.js";

const LOOK = 3000; // milliseconds between two looks for another state
const FEWEST = 6; // tracks that can be in clusters
const SHOWN = { summary: "/summary", coverage: "/coverage", changes: "/changes", duplicates: "/duplicates", removals: "/removals", model: "/model" };
const root = make("div", { class: "about" });
let context;
let library;
let generation = null; // the state that is shown
let turn = 0;
let timer;

/** Shows the view. */
export function show(main, state, given) {
  context = given;
  library = state.library;
  generation = null;
  document.title = `${messages.library} · specrec`;
  main.replaceChildren(root);
  root.replaceChildren(make("p", { class: "remark", role: "status" }, messages.reading));
  clearTimeout(timer);
  look();
}

/** Looks again and again whether the library has another state, and shows it. */
async function look() {
  clearTimeout(timer);
  const own = (turn += 1);
  try {
    const { libraries } = await api.libraries();
    const here = libraries.find(({ name }) => name === library) ?? libraries[0];
    if (own !== turn || !root.isConnected) return;
    if (here.generation !== generation) await paint(here, own);
  } catch (error) {
    if (own === turn) root.replaceChildren(make("p", { class: "problem", role: "alert" }, error.message));
  }
  if (own === turn && root.isConnected) timer = setTimeout(look, LOOK);
}

async function paint(here, own) {
  const found = await Promise.all(
    Object.entries(SHOWN).map(async ([name, path]) => {
      const limit = { coverage: 10_000, duplicates: 100 }[name];
      const document = api.get(path, { library, limit });
      return [name, await (name === "coverage" ? document.catch(unseen) : document)];
    }),
  );
  if (own !== turn || !root.isConnected) return;
  const isNew = generation !== null;
  generation = here.generation;
  const { summary, coverage, changes, duplicates, removals, model } = Object.fromEntries(found);
  const decided = { library, refresh: look };
  const opened = new Set([...root.querySelectorAll("details[open]")].map((one) => one.dataset.part));
  const scrolled = scrollY;
  const parts = [
    make(
      "header",
      { class: "about-head" },
      make("h1", {}, here.name),
      make("p", { class: "byline" }, messages.writtenAt(new Date(changes.now))),
      figures(summary, coverage),
    ),
    here.tracks < FEWEST ? null : clusterCards(library, context.fresh()),
    duplicatesCard(duplicates, removals, decided),
    changesCard(changes, library),
    filesCard(coverage, summary.skipped),
    modelCard(model, context.fresh()),
    reportCard(library, factsCard(summary)),
  ];
  root.replaceChildren(...parts.filter(Boolean));
  for (const part of root.querySelectorAll("details")) if (opened.has(part.dataset.part)) part.open = true;
  scrollTo(0, isNew ? scrolled : 0);
  if (isNew) announce(messages.libraryChanged);
}

/** What is known of a folder of music that can't be looked at, such as one on a disk that is away. */
const unseen = (error) => ({ problem: error.message, pending: 0, unmeasured: 0 });

function figures({ figures: known }, { pending, unmeasured }) {
  const more = [
    [pending, messages.pendingFiles, messages.pendingHint],
    [unmeasured, messages.unmeasuredFiles, ""],
  ].filter(([count]) => count > 0);
  const shown = [
    ...known.filter(({ name }) => name !== "without features"),
    ...more.map(([count, name, remark]) => ({ value: count.toLocaleString("en"), name, remark })),
  ];
  return make(
    "dl",
    { class: "figures" },
    ...shown.map(({ value, name, remark }) =>
      make("div", { title: remark || null }, make("dt", {}, name), make("dd", {}, value)),
    ),
  );
}
