// The page: what the address asks for is asked of the server and shown.

import * as api from "./api.js";
import { chip, options, seedCard, steering } from "./asked.js";
import { announce, make, nameOf } from "./dom.js";
import { labelOf, learnLabels } from "./labels.js";
import { fillIn, messages } from "./messages.js";
import { neighborList } from "./neighbors.js";
import { showPlayer } from "./player.js";
import * as playlist from "./playlist.js";
import { showSearch } from "./search.js";
import { addressOf, asks, readState } from "./state.js";

const STEP = 20; // neighbors at a time
const asked = document.getElementById("asked");
const results = document.getElementById("results");
let state = readState();
let concepts = [];
let count = STEP;
let running; // the request for neighbors that is under way
let unturned = null; // the best similarity before the sliders were moved

fillIn();
showPlayer(document.getElementById("player"), announceProblem);
showSearch((chosen) => {
  const fresh = { ...readState(""), library: state.library };
  go({ ...fresh, ...(chosen.track ? { track: [chosen.track] } : { like: chosen.like }) });
}, () => state.library);
playlist.show();
addEventListener("popstate", () => {
  state = readState();
  count = STEP;
  render();
});
begin();

async function begin() {
  try {
    await showLibraries();
    await learnConcepts();
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
    go({ ...readState(""), library: select.value });
    await learnConcepts();
    render();
  };
}

/** Changes part of what is asked; `keep` leaves the sliders as they stand under the hand. */
function change(part, { keep = false } = {}) {
  Object.assign(state, part);
  count = STEP;
  history[keep ? "replaceState" : "pushState"](null, "", addressOf(state));
  if (keep) showNeighbors();
  else render();
}

function go(next) {
  state = next;
  count = STEP;
  unturned = null;
  history.pushState(null, "", addressOf(state));
  scrollTo(0, 0);
  render();
}

function render() {
  document.body.classList.toggle("welcome", !asks(state));
  if (!asks(state)) {
    welcome();
    return;
  }
  showAsked();
  showNeighbors();
}

function welcome() {
  asked.replaceChildren();
  results.replaceChildren(
    make(
      "div",
      { class: "invitation" },
      make("h1", {}, "specrec"),
      make("p", {}, messages.start),
      make("p", { class: "remark" }, messages.tryOne),
      make(
        "ul",
        { class: "examples" },
        ...(concepts.length ? messages.examples : []).map((words) =>
          make("li", {}, make("a", { href: addressOf({ ...readState(""), library: state.library, like: words }) }, words)),
        ),
      ),
    ),
  );
}

async function showAsked() {
  const without = (name, id) => () => change({ [name]: state[name].filter((other) => other !== id) });
  const asking = JSON.stringify([state.track, state.not]);
  try {
    const [seeds, negatives] = await Promise.all(
      [state.track, state.not].map((ids) => Promise.all(ids.map((id) => api.track(id, state.library)))),
    );
    if (asking !== JSON.stringify([state.track, state.not])) return;
    const heard = seeds.flatMap((seed) => seed.heard.map(({ concept }) => concept));
    asked.replaceChildren(
      ...seeds.map((seed) => seedCard(named(seed), state.library, without("track", seed.track.track_id))),
      ...(state.like ? [chip(`“${state.like}”`, "words", () => change({ like: "" }))] : []),
      ...negatives.map(({ track }) => chip(`− ${nameOf(track)}`, "against", without("not", track.track_id))),
      ...(concepts.length && state.by !== "features"
        ? [steering(state, [...heard, "energetic", "singing", "piano", "drums", "calm", "electronic"], concepts, change)]
        : []),
      options(state, change),
    );
  } catch (error) {
    asked.replaceChildren(make("p", { class: "problem", role: "alert" }, error.message));
  }
}

function named(details) {
  const heard = details.heard.map(({ concept, passages }) => ({
    name: labelOf(concept), passages: passages.map(([start, end]) => ({ start, end })),
  }));
  return { ...details, heard };
}

async function showNeighbors() {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  results.setAttribute("aria-busy", "true");
  try {
    const found = await api.neighbors(state, count, signal);
    show(found);
    announce(`${messages.results}: ${found.neighbors.length}`);
  } catch (error) {
    if (error.name === "AbortError") return;
    results.replaceChildren(make("p", { class: "problem", role: "alert" }, error.message));
  }
  results.removeAttribute("aria-busy");
}

function show(found) {
  const seeds = found.queries;
  const best = found.neighbors[0]?.similarity;
  const turned = Object.values(state.steer).some(Boolean);
  if (!turned) unturned = best;
  const context = {
    library: state.library, asked: state.track, tracks: seeds, change,
    exclude: (id) => change({ not: [...state.not, id] }),
    add: (track) => playlist.add(track, state.library),
  };
  document.title = `${heading(seeds)} · specrec`;
  results.replaceChildren(
    make("h1", {}, heading(seeds)),
    ...(turned && unturned !== null && best !== undefined
      ? [make("p", { class: "remark" }, messages.costs(unturned.toFixed(2), best.toFixed(2)))]
      : []),
    ...found.notes.map((note) => make("p", { class: "remark" }, note)),
    found.neighbors.length
      ? neighborList(found, context)
      : make("p", { class: "none" }, messages.noNeighbors),
    ...(found.neighbors.length === count
      ? [make("button", { type: "button", class: "more", onclick: more }, messages.more)]
      : []),
  );
}

function heading(seeds) {
  if (state.like && state.track.length === 0) return messages.neighborsOfWords(state.like);
  if (seeds.length === 1) return messages.neighborsOf(seeds[0].title);
  return messages.neighborsOfSeveral(seeds.length);
}

function more() {
  count += STEP;
  showNeighbors();
}

function announceProblem(text) {
  announce(text);
  const note = make("p", { class: "toast", role: "alert" }, text);
  document.body.append(note);
  setTimeout(() => note.remove(), 8000);
}
