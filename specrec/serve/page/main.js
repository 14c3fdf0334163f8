// The page: what the address asks for is shown in one of its views.

import * as api from "./api.js";
import { announceProblem, make } from "./dom.js";
import * as explore from "./explore/explore.js";
import { learnLabels } from "./labels.js";
import * as library from "./library/library.js";
import * as map from "./map/map.js";
import { fillIn } from "./messages.js";
import { showPlayer } from "./player.js";
import { showPanel } from "./playlists/panel.js";
import * as playlists from "./playlists/playlists.js";
import { showSearch } from "./search.js";
import { addressOf, readState } from "./state.js";

// A view shows a state: show(main, state, context), and, if it can, update(state); it may take what
// was chosen in the search box: take(chosen).
const VIEWS = { "": explore, map, playlists, library };

const main = document.getElementById("main");
let state = readState();
let concepts = [];

fillIn();
showPlayer(document.getElementById("player"));
showSearch((chosen) => {
  if (VIEWS[state.view]?.take) return VIEWS[state.view].take(chosen);
  const asked = chosen.track ? { track: [chosen.track] } : { like: chosen.like };
  go({ ...fresh(), ...asked });
}, () => state.library);
showPanel(() => go({ ...fresh(), view: "playlists" }));
addEventListener("popstate", () => {
  state = readState();
  render();
});
begin();

async function begin() {
  try {
    await Promise.all([showLibraries(), learnConcepts()]);
  } catch (error) {
    announceProblem(error.message);
  }
  render();
}

/** Learns which concepts the library's model names; one may name none. */
async function learnConcepts() {
  const known = (await api.concepts(state.library)).concepts;
  concepts = known.map(({ name, column }) => ({ name: column, label: name }));
  learnLabels(concepts);
}

async function showLibraries() {
  const { libraries } = await api.libraries();
  const select = document.getElementById("library");
  select.replaceChildren(
    ...libraries.map(({ name }) => make("option", { selected: name === state.library }, name)),
  );
  select.closest("label").hidden = libraries.length < 2;
  select.onchange = async () => {
    state = { ...readState(""), library: select.value, view: state.view };
    await learnConcepts();
    go(state);
  };
}

/** The state in which nothing is asked of the library at hand. */
const fresh = () => ({ ...readState(""), library: state.library });

/** Changes part of what is asked; `keep` leaves what stands under the hand. */
function change(part, { keep = false } = {}) {
  Object.assign(state, part);
  history[keep ? "replaceState" : "pushState"](null, "", addressOf(state));
  const view = VIEWS[state.view] ?? explore;
  if (keep && view.update) view.update(state);
  else render();
  if (!keep && ("track" in part || "like" in part)) scrollTo(0, 0);
}

function go(next) {
  state = next;
  history.pushState(null, "", addressOf(state));
  scrollTo(0, 0);
  render();
}

function render() {
  for (const link of document.querySelectorAll(".views a")) {
    const view = link.dataset.view;
    link.href = addressOf({ ...fresh(), view });
    link.onclick = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      go({ ...fresh(), view });
    };
    if (view === state.view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.body.dataset.view = state.view;
  document.body.classList.remove("welcome");
  (VIEWS[state.view] ?? explore).show(main, state, { concepts, change, go, fresh });
}
