// What is chosen on the map: a track and its neighbors, a path, or what is within a lasso.

import * as api from "../api.js";
import { announce, make, nameOf } from "../dom.js";
import { messages } from "../messages.js";
import { addressOf } from "../state.js";
import { alikeCard, lassoCard, pathCard, trackCard } from "./card.js";
import { within } from "./data.js";
import { about, emphasize, light, stage, view } from "./view.js";

const NEIGHBORS = 10; // lines from a track

export const side = make("section", { class: "card side", "aria-label": messages.mapChosen, hidden: true });
export const hint = make("p", { class: "chip hint", hidden: true });
let asking = new AbortController(); // what is asked about what is chosen
let picksGoal = false; // whether the next track that is chosen ends a path

/** Opens a track, or ends a path at it. */
export function choose(id) {
  const track = picksGoal && view.state.track.length === 1 && view.state.track[0] !== id ? [view.state.track[0], id] : [id];
  pick(false);
  stage.lasso = [];
  view.context.change({ track }, { keep: true });
}

function pick(goal) {
  picksGoal = goal;
  hint.hidden = !goal;
  hint.textContent = messages.mapPickGoal;
  if (goal) announce(messages.mapPickGoal);
}

/** Leaves what is chosen. */
export function leave() {
  pick(false);
  stage.lasso = [];
  light(null);
  if (view.state.track.length) view.context.change({ track: [] }, { keep: true });
  else showChosen();
}

const cardContext = () => ({
  library: view.library,
  open: choose,
  mark: (id) => {
    stage.marked = id === null ? -1 : (stage.points.rowOf.get(id) ?? -1);
    stage.refresh();
  },
  link: (id) => addressOf({ ...view.context.fresh(), track: [id] }),
  explore: (event, id) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    view.context.go({ ...view.context.fresh(), track: [id] });
  },
  choosePath: () => pick(true),
  close: () => {
    leave();
    stage.over.focus();
  },
});

function fillSide(children) {
  side.replaceChildren(...children.filter(Boolean));
  side.hidden = false;
  side.scrollTop = 0;
}

/** Shows the track or the path that the state names; `fly` brings it into view. */
export async function showChosen(fly = false) {
  asking.abort();
  asking = new AbortController();
  if (!stage.points) return;
  const [start, goal] = view.state.track;
  const row = stage.points.rowOf.get(start) ?? -1;
  Object.assign(stage, { chosen: goal ? -1 : row, rays: [], path: [] });
  side.hidden = !start && !stage.lasso.length;
  emphasize();
  if (!start) return;
  try {
    if (goal) await showPath(start, goal, asking.signal);
    else await showTrack(start, row, asking.signal, fly);
  } catch (error) {
    if (error.name === "AbortError") return;
    fillSide([make("p", { class: "problem", role: "alert" }, error.message)]);
  }
}

async function showTrack(id, row, signal, fly) {
  const found = await about(id);
  if (signal.aborted) return;
  fillSide(trackCard(found, null, cardContext()));
  if (row >= 0 && (fly || !isInView(row))) stage.lookAt(row);
  announce(nameOf(found.track));
  const { neighbors } = await api.nearestTo(id, NEIGHBORS, view.library, signal);
  stage.rays = neighbors.map(({ track }) => stage.points.rowOf.get(track.track_id)).filter((one) => one !== undefined);
  fillSide(trackCard(found, neighbors, cardContext()));
  emphasize();
}

function isInView(row) {
  const [x, y] = stage.rowAt(row);
  const { left, right, top, bottom } = stage.insets;
  return x > left && y > top && x < stage.width - right && y < stage.height - bottom;
}

async function showPath(start, goal, signal) {
  const found = await api.path(start, goal, view.library, signal);
  const tracks = [found.start, ...found.steps.map(({ track }) => track)];
  stage.ends = [found.start.title, tracks.at(-1).title];
  stage.path = tracks.map(({ track_id }) => stage.points.rowOf.get(track_id)).filter((row) => row !== undefined);
  fillSide(pathCard(tracks, found.notes, cardContext()));
  emphasize();
  announce(messages.mapPathOf(found.start.title, tracks.at(-1).title));
}

/** Lights up some tracks, in place of what was chosen. */
function gather(rows, corners = []) {
  asking.abort();
  asking = new AbortController();
  if (view.state.track.length) view.context.change({ track: [] }, { keep: true });
  Object.assign(stage, { chosen: -1, marked: -1, rays: [], path: [], lasso: corners });
  light(rows);
}

/** Shows the tracks that sound most like words. */
export function showAlike(words, neighbors) {
  gather(neighbors.map(({ track }) => stage.points.rowOf.get(track.track_id)).filter((row) => row !== undefined));
  fillSide(alikeCard(words, neighbors, cardContext()));
  announce(messages.mapLit(neighbors.length, words));
}

/** Shows what is within a lasso. */
export async function surround(corners) {
  const rows = within(stage.points, corners);
  gather(rows, corners);
  const { signal } = asking;
  const card = (found, problem) => lassoCard(rows.length, found, problem, cardContext());
  fillSide(card(rows.length ? null : { tracks: [], common: [] }, ""));
  announce(messages.listOf(rows.length));
  if (!rows.length) return;
  try {
    const found = await api.selection(rows.map((row) => stage.points.ids[row]), view.library, true, signal);
    fillSide(card(found, ""));
  } catch (error) {
    if (error.name !== "AbortError") fillSide(card(null, error.message));
  }
}
