// What was asked for, and its neighbors with their reasons.

import * as api from "./api.js";
import { chip, options, seedCard, steering } from "./asked.js";
import { announce, make, nameOf } from "./dom.js";
import { labelOf } from "./labels.js";
import { messages } from "./messages.js";
import { neighborList } from "./neighbors.js";
import * as playlist from "./playlist.js";
import { addressOf, asks, readState } from "./state.js";

const STEP = 20; // neighbors at a time
const asked = make("aside", { class: "asked", "aria-label": messages.asked });
const results = make("section", { class: "results", id: "results", tabindex: "-1", "aria-label": messages.results });
let state;
let concepts = [];
let count = STEP;
let running; // the request for neighbors that is under way
let unturned = null; // the best similarity before the sliders were moved
let change; // changes part of what is asked

/** Shows what a state asks for; `context` has the library's concepts and what changes the state. */
export function show(main, next, context) {
  state = next;
  ({ concepts, change } = context);
  count = STEP;
  if (!Object.values(state.steer).some(Boolean)) unturned = null;
  main.replaceChildren(asked, results);
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
    list(found);
    announce(`${messages.results}: ${found.neighbors.length}`);
  } catch (error) {
    if (error.name === "AbortError") return;
    results.replaceChildren(make("p", { class: "problem", role: "alert" }, error.message));
  }
  results.removeAttribute("aria-busy");
}

function list(found) {
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
