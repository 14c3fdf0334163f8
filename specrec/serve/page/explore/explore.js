// What was asked for, and its neighbors with their reasons.

import * as api from "../api.js";
import { announce, make, nameOf, renew, scoreOf, titleAndArtist } from "../dom.js";
import { labelOf } from "../labels.js";
import { messages } from "../messages.js";
import { playButton } from "../player.js";
import * as playlist from "../playlists/playlist.js";
import { addressOf, asks, readState } from "../state.js";
import { chip, goneCard, options, seedCard } from "./asked.js";
import { filters } from "./filters.js";
import { missing } from "./missing.js";
import { kindsOf, neighborList } from "./neighbors.js";
import { steering, weighing } from "./steering.js";

const STEP = 20; // neighbors at a time
const asked = make("aside", { class: "asked", "aria-label": messages.asked });
const results = make("section", { class: "results", id: "results", tabindex: "-1", "aria-label": messages.results });
let state;
let concepts = [];
let count = STEP;
let running; // the request for neighbors that is under way
let kinds = new Map(); // the colors of features, in the bars of neighbors and over time
const cost = make("p", { class: "remark cost", role: "status" }); // what the sliders cost
const OFTEN = ["energetic", "singing", "piano", "drums", "calm", "electronic"]; // what many ask for
const BEGIN = 6; // tracks to begin with
const BANDS = 6; // concepts that are shown over time
const COSTED = 10; // neighbors by whose similarity the cost is told
let change; // changes part of what is asked

/** Shows what a state asks for; `context` has the library's concepts and what changes the state. */
export function show(main, next, context) {
  state = next;
  ({ concepts, change } = context);
  count = STEP;
  if (asked.parentElement !== main) main.replaceChildren(asked, results);
  document.body.classList.toggle("welcome", !asks(state));
  if (!asks(state)) {
    welcome();
    return;
  }
  showAsked();
  showNeighbors();
}

/** Shows the neighbors anew, and leaves the sliders as they stand under the hand. */
export function update(next) {
  state = next;
  count = STEP;
  showNeighbors();
}

async function welcome() {
  document.title = "specrec";
  asked.replaceChildren();
  const begin = make("ul", { class: "begin" });
  results.replaceChildren(
    make(
      "div",
      { class: "invitation" },
      make("h1", {}, "specrec"),
      make("p", {}, messages.start),
      make("p", { class: "remark", hidden: !concepts.length }, messages.tryOne),
      make(
        "ul",
        { class: "examples", hidden: !concepts.length },
        ...messages.examples.map((words) =>
          make("li", {}, make("a", { href: addressOf({ ...readState(""), library: state.library, like: words }) }, words)),
        ),
      ),
      make("p", { class: "remark" }, messages.beginWith),
      begin,
    ),
  );
  try {
    const tracks = await api.anyTracks(BEGIN, state.library);
    begin.replaceChildren(...tracks.map(beginning));
  } catch (error) {
    begin.replaceChildren(make("li", { class: "problem" }, error.message));
  }
}

/** A track of the library, for those who do not know what it holds. */
function beginning(track) {
  const href = addressOf({ ...readState(""), library: state.library, track: [track.track_id] });
  return make(
    "li",
    {},
    playButton(track, state.library),
    make("a", { href, class: "names" }, titleAndArtist(track)),
  );
}

/** Shows what was asked. */
async function showAsked() {
  const without = (name, id) => () => change({ [name]: state[name].filter((other) => other !== id) });
  const asking = JSON.stringify([state.track, state.not]);
  const [seeds, negatives] = await Promise.all(
    [state.track, state.not].map((ids) => Promise.allSettled(ids.map((id) => api.track(id, state.library)))),
  );
  if (asking !== JSON.stringify([state.track, state.not])) return;
  const known = seeds.flatMap(({ value }) => value ?? []);
  const heard = known.flatMap((seed) => seed.heard.map(({ concept }) => concept));
  const card = (name, ids, make) => ({ value, reason }, place) =>
    value ? make(value) : goneCard(ids[place], reason.message, without(name, ids[place]));
  renew(
    asked,
    ...seeds.map(card("track", state.track, (seed) =>
      seedCard(named(seed), state.library, without("track", seed.track.track_id)))),
    ...(state.like ? [chip(`“${state.like}”`, "words", () => change({ like: "" }))] : []),
    ...negatives.map(card("not", state.not, ({ track }) =>
      chip(`− ${nameOf(track)}`, "against", without("not", track.track_id)))),
    ...(concepts.length && state.by !== "features" ? [steering(state, [...heard, ...OFTEN], concepts, change, cost)] : []),
    ...(state.by ? [weighing(state, featuresOf(known), change)] : []),
    filters(state, change),
    options(state, change),
  );
  paint();
}

/** Gives what is heard over time the colors that it has in the bars. */
function paint() {
  for (const line of asked.querySelectorAll(".bands li")) {
    const color = kinds.get(line.dataset.feature);
    line.className = color === undefined ? "rest" : `kind-${color}`;
  }
}

/** The measured features of some tracks, by name. */
function featuresOf(details) {
  const names = concepts.map(({ name }) => name);
  const features = Object.entries(details[0]?.features ?? {});
  return features.filter(([name, { measured }]) => measured && !names.includes(name)).map(([name]) => name);
}

function named(details) {
  const heard = details.heard.slice(0, BANDS).map(({ concept, passages }) => ({
    feature: concept, name: labelOf(concept), passages: passages.map(([start, end]) => ({ start, end })),
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
    list(found);
    announce(`${messages.results}: ${found.neighbors.length}`);
  } catch (error) {
    if (error.name === "AbortError") return;
    const known = addressOf({ ...readState(""), library: state.library, view: "library" });
    results.replaceChildren(
      make("p", { class: "problem", role: "alert" }, error.message),
      make("p", { hidden: !state.like }, make("a", { href: known }, messages.knownWords)),
    );
  }
  results.removeAttribute("aria-busy");
}

function list(found) {
  const seeds = found.queries;
  const context = {
    library: state.library, asked: state.track, tracks: seeds, change,
    others: found.neighbors.map((item) => item.track),
    isTurned: isTurned(),
    exclude: (id) => change({ not: [...state.not, id] }),
    add: (track) => playlist.add(track, state.library),
  };
  document.title = `${heading(seeds)} · specrec`;
  kinds = kindsOf(found.neighbors.slice(0, STEP));
  paint();
  const holdsKeyboard = results.contains(document.activeElement);
  results.replaceChildren(
    make("h1", {}, heading(seeds)),
    ...found.notes.map((note) => make("p", { class: "remark" }, note)),
    ...(found.neighbors.some((item) => item.score !== null) ? [make("p", { class: "remark" }, messages.rankedBy(seeds.length))] : []),
    ...(found.neighbors.length
      ? neighborList(found, kinds, context)
      : [make("p", { class: "none" }, messages.noNeighbors)]),
    ...(found.neighbors.length === count
      ? [make("button", { type: "button", class: "more", onclick: more }, messages.more)]
      : []),
    missing(state, count, context),
  );
  if (holdsKeyboard) results.focus({ preventScroll: true });
  tellCost(found.neighbors.slice(0, COSTED), running.signal);
}

const isTurned = () => Object.values(state.steer).some(Boolean);

/** Says how much less similar the first neighbors are to the query itself than those without sliders. */
async function tellCost(first, signal) {
  if (!isTurned() || !first.length) {
    cost.textContent = "";
    return;
  }
  const plain = { ...state, steer: {} };
  const mean = (values) => scoreOf(values.reduce((sum, value) => sum + value, 0) / values.length);
  try {
    const [before, after] = await Promise.all([
      api.similarities(plain, COSTED, signal),
      api.standings(plain, { of: first.map((item) => item.track.track_id) }, COSTED, signal),
    ]);
    cost.textContent = messages.costs(mean(before), mean(after.map(({ similarity }) => similarity)));
  } catch (error) {
    if (error.name !== "AbortError") cost.textContent = error.message;
  }
}

function heading(seeds) {
  if (state.like && state.track.length === 0) return messages.neighborsOfWords(state.like);
  const names = seeds.map((seed) => (seed.track_id ? seed.title : `“${seed.title}”`));
  return seeds.length < 3 ? messages.neighborsOf(messages.both(names)) : messages.neighborsOfSeveral(seeds.length);
}

/** Shows more neighbors; those that are there stay as they are, and the keyboard goes to the next. */
async function more() {
  const before = [...results.querySelectorAll(".neighbor")];
  count += STEP;
  await showNeighbors();
  const now = [...results.querySelectorAll(".neighbor")];
  before.forEach((old, place) => now[place]?.dataset.id === old.dataset.id && now[place].replaceWith(old));
  now[before.length]?.querySelector("button").focus({ preventScroll: true });
}
