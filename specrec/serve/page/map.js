// The map: all tracks of a library at once. Near ones sound alike.

import * as api from "./api.js";
import { announce, announceProblem, make, nameOf } from "./dom.js";
import { heardIn, lassoCard, pathCard, trackCard } from "./mapcard.js";
import { looks, showLegend, tools } from "./mapcontrols.js";
import { loadColumn, loadPlaces, loadPoints, nearest, nearestOnes, within } from "./mapdata.js";
import { takeHand } from "./maphand.js";
import { Stage } from "./mapstage.js";
import { messages } from "./messages.js";
import { playPassages } from "./player.js";

const NEIGHBORS = 10; // lines from a track
const NEARBY = 8; // tracks that are listed for those who don't see the map
const ALIKE = 100; // tracks that words light up
const MATCHES = 500; // tracks that are searched by name
const HOVER_MS = 90; // after which a dot is asked about
const LISTEN_MS = 250; // after which it is heard
const BIT_SECONDS = 8; // that are heard
const FIRST = ["energetic", "energy", "calm"]; // what a map is colored by, unless that is chosen

export const stage = new Stage();
const look = make("div", { class: "card look", role: "group", "aria-label": messages.mapLook });
const toolbar = make("div", { class: "tools", role: "toolbar", "aria-label": messages.mapTools });
const tip = make("p", { class: "tip", "aria-hidden": "true", hidden: true });
const side = make("section", { class: "card side", "aria-label": messages.mapChosen, hidden: true });
const hint = make("p", { class: "chip hint", hidden: true });
const near = make("section", { class: "card near", "aria-label": messages.mapNear });
const frame = make(
  "div",
  { class: "map" },
  stage.canvas, stage.over, make("div", { class: "left" }, look, side), toolbar, hint, near, tip,
);
let state;
let context; // of the page: change, go, fresh
let library = null; // whose map it is
let running = new AbortController(); // what is asked about the library
let asking = new AbortController(); // what is asked about what is chosen
let columns = [];
let column = null;
let details = new Map(); // of tracks, by id
let hovering; // a timer
let draws = false; // whether dragging draws a lasso
let listens = false;
let picksGoal = false; // whether the next track that is chosen ends a path
let shownGroup = null;
let lit = null; // rows that words light up

stage.over.setAttribute("role", "application");
stage.over.setAttribute("tabindex", "0");
stage.over.setAttribute("aria-describedby", "map-keys");
frame.append(make("p", { class: "quiet", id: "map-keys" }, messages.mapKeys));
takeHand(
  stage,
  { hover, open: (row) => choose(stage.points.ids[row]), lasso: surround, moved: lookAround, drawing: () => draws },
  (x, y) => (stage.points ? nearest(stage.points, x, y) : { row: -1, distance: Infinity }),
);
toolbar.append(...tools({
  draw: drawing,
  listen: (pressed) => (listens = pressed),
  enlarge: (times) => {
    stage.enlarge(times);
    lookAround(false);
  },
  fit: () => stage.fit(),
}));
document.getElementById("search").addEventListener("input", (event) => frame.isConnected && find(event.target.value.trim()));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !frame.isConnected || event.target.closest(".search")) return;
  leave();
});
new ResizeObserver(leaveRoom).observe(side);

/** Shows the map of a state's library. */
export function show(main, next, given) {
  context = given;
  main.replaceChildren(frame);
  document.title = `${messages.map} · specrec`;
  update(next);
}

/** Shows what changed. */
export function update(next) {
  const before = state;
  state = { ...next };
  if (library !== state.library) begin();
  else {
    if (before.arranged !== state.arranged) arrange();
    if (before.color !== state.color) color();
    showChosen();
  }
}

/** Takes what was chosen in the search box. */
export function take(chosen) {
  light(null);
  if (chosen.track) choose(chosen.track);
  else lightLike(chosen.like);
}

async function begin() {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  ({ library } = state);
  Object.assign(stage, { points: null, places: [], chosen: -1, rays: [], path: [], lasso: [], shown: null });
  details = new Map();
  look.replaceChildren(make("p", { class: "remark" }, messages.mapLoading));
  try {
    const first = loadPoints(library, "pca", signal);
    ({ columns } = await api.columns(library, signal));
    stage.setPoints(await first);
    showLook();
    leaveRoom();
    stage.fit();
    stage.over.setAttribute("aria-label", messages.mapOf(stage.points.count));
    showChosen(true);
    await Promise.all([color(), arrange()]);
  } catch (error) {
    if (error.name === "AbortError") return;
    look.replaceChildren(make("p", { class: "problem", role: "alert" }, error.message));
  }
}

function showLook() {
  const colored = state.color || FIRST.find((name) => columns.some((one) => one.column === name)) || columns[0]?.column;
  look.replaceChildren(...looks(columns, { ...state, color: colored }, { change: (part) => context.change(part, { keep: true }) }));
}

/** Colors the map by what is chosen. */
async function color() {
  const wanted = state.color || look.querySelector("select")?.value;
  if (!wanted) return;
  look.querySelector(".legend-at")?.replaceChildren(make("p", { class: "remark" }, messages.mapLooking));
  try {
    column = await loadColumn(library, wanted, stage.points, running.signal);
    if (column.generation && column.generation !== stage.points.generation) return begin();
    shownGroup = null;
    stage.setColumn(column);
    showGroup(null);
  } catch (error) {
    if (error.name !== "AbortError") announceProblem(error.message);
  }
}

function showGroup(group) {
  shownGroup = group;
  showLegend(look, column, shownGroup, showGroup);
  emphasize();
}

/** Arranges the tracks as is chosen: by their main differences at once, or by neighbors when that is done. */
async function arrange() {
  const { signal } = running;
  const method = state.arranged || "tsne";
  const note = look.querySelector(".arranging");
  try {
    if (stage.points.method !== method) {
      if (note) note.hidden = method !== "tsne";
      const points = await loadPoints(library, method, signal);
      if ((state.arranged || "tsne") !== method) return;
      if (points.generation !== stage.points.generation) return begin();
      stage.places = [];
      stage.setPoints(points);
      stage.fit();
      if (stage.chosen >= 0 && !stage.path.length) stage.lookAt(stage.chosen);
    }
    if (note) note.hidden = true;
    stage.places = await loadPlaces(library, stage.points, signal);
    stage.refresh();
  } catch (error) {
    if (note) note.hidden = true;
    if (error.name !== "AbortError") announceProblem(error.message);
  }
}

/** Leaves the map free of what covers it. */
function leaveRoom() {
  if (!frame.isConnected || !stage.points) return;
  const isWide = matchMedia("(min-width: 60rem)").matches;
  stage.insets = isWide
    ? { left: look.offsetWidth + 16, top: 0, right: 56, bottom: 0 }
    : { left: 0, top: look.offsetHeight + 8, right: 16, bottom: side.hidden ? 16 : side.offsetHeight };
  stage.refresh();
}

function drawing(on) {
  draws = on;
  frame.classList.toggle("drawing", on);
  toolbar.querySelector('[data-tool="lasso"]').setAttribute("aria-pressed", String(on));
}

// What is under the hand

function hover(row) {
  if (row === stage.marked) return;
  stage.marked = row;
  stage.refresh();
  stage.over.style.setProperty("cursor", row < 0 ? "" : "pointer");
  clearTimeout(hovering);
  if (row < 0) {
    tip.hidden = true;
    return;
  }
  hovering = setTimeout(() => tell(row), HOVER_MS);
}

/** Says what a dot is, and plays a bit of it if that is wanted. */
async function tell(row, aloud = false) {
  try {
    const found = await about(stage.points.ids[row]);
    if (row !== stage.marked) return;
    const [x, y] = stage.rowAt(row);
    tip.replaceChildren(
      make("bdi", { class: "title" }, found.track.title),
      make("bdi", { class: "byline" }, found.track.artist ?? ""),
      make("span", { class: "byline" }, heardIn(found).join(", ")),
    );
    tip.hidden = false;
    tip.style.setProperty("left", `${Math.min(Math.max(x, 120), stage.width - 120)}px`);
    tip.style.setProperty("top", `${y}px`);
    tip.classList.toggle("under", y < 120);
    if (aloud) announce([nameOf(found.track), ...heardIn(found)].join(", "));
    if (listens) hovering = setTimeout(() => row === stage.marked && playBit(found), LISTEN_MS);
  } catch (error) {
    if (error.name !== "AbortError") announceProblem(error.message);
  }
}

async function about(id) {
  if (!details.has(id)) details.set(id, await api.track(id, library));
  return details.get(id);
}

function playBit({ track, heard }) {
  const middle = Math.max(0, (track.duration_seconds ?? 0) / 2 - BIT_SECONDS / 2);
  const start = heard[0]?.passages[0]?.[0] || middle;
  playPassages([{ track, library, start, end: start + BIT_SECONDS }]);
}

/** After a move: marks what is nearest to the middle, and lists what is around it. */
function lookAround(byKey = false) {
  clearTimeout(hovering);
  tip.hidden = true;
  if (byKey) {
    stage.marked = nearest(stage.points, ...stage.placeAt(...stage.middle)).row;
    stage.refresh();
  }
  hovering = setTimeout(async () => {
    if (byKey) tell(stage.marked, true);
    await listNear();
  }, 300);
}

async function listNear() {
  const rows = nearestOnes(stage.points, ...stage.placeAt(...stage.middle), NEARBY);
  const { tracks } = await api.selection(rows.map((row) => stage.points.ids[row]), library, false);
  near.replaceChildren(
    make("h2", {}, messages.mapNear),
    make(
      "ol",
      {},
      ...tracks.map((track) =>
        make("li", {}, make("button", { type: "button", class: "small", onclick: () => choose(track.track_id) }, nameOf(track))),
      ),
    ),
  );
}
stage.over.addEventListener("focus", () => stage.points && lookAround(stage.over.matches(":focus-visible")));
stage.over.addEventListener("blur", () => hover(-1));

// What is chosen

/** Opens a track, or ends a path at it. */
function choose(id) {
  const track = picksGoal && state.track.length === 1 && state.track[0] !== id ? [state.track[0], id] : [id];
  pick(false);
  stage.lasso = [];
  context.change({ track }, { keep: true });
}

function pick(goal) {
  picksGoal = goal;
  hint.hidden = !goal;
  hint.textContent = messages.mapPickGoal;
  if (goal) announce(messages.mapPickGoal);
}

function leave() {
  pick(false);
  stage.lasso = [];
  light(null);
  if (state.track.length) context.change({ track: [] }, { keep: true });
  else showChosen();
}

const cardContext = () => ({
  library,
  open: choose,
  mark: (id) => {
    stage.marked = id === null ? -1 : (stage.points.rowOf.get(id) ?? -1);
    stage.refresh();
  },
  link: (id) => `/?${new URLSearchParams({ ...(library ? { library } : {}), track: id })}`,
  explore: (event, id) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    context.go({ ...context.fresh(), track: [id] });
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
  leaveRoom();
}

/** Shows the track or the path that the state names. */
async function showChosen(fly = false) {
  asking.abort();
  asking = new AbortController();
  if (!stage.points) return;
  const [start, goal] = state.track;
  const row = stage.points.rowOf.get(start) ?? -1;
  Object.assign(stage, { chosen: goal ? -1 : row, rays: [], path: [] });
  side.hidden = !start && !stage.lasso.length;
  leaveRoom();
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
  const { neighbors } = await api.nearestTo(id, NEIGHBORS, library, signal);
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
  const found = await api.path(start, goal, library, signal);
  const tracks = [found.start, ...found.steps.map(({ track }) => track)];
  stage.ends = [found.start.title, tracks.at(-1).title];
  stage.path = tracks.map(({ track_id }) => stage.points.rowOf.get(track_id)).filter((row) => row !== undefined);
  fillSide(pathCard(tracks, found.notes, cardContext()));
  emphasize();
  announce(messages.mapPathOf(found.start.title, tracks.at(-1).title));
}

/** Shows what is within a lasso. */
async function surround(corners) {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  const rows = within(stage.points, corners);
  drawing(false);
  if (state.track.length) context.change({ track: [] }, { keep: true });
  stage.lasso = corners;
  Object.assign(stage, { chosen: -1, rays: [], path: [] });
  light(rows);
  const card = (found, problem) => lassoCard(rows.length, found, problem, cardContext());
  fillSide(card(rows.length ? null : { tracks: [], common: [] }, ""));
  announce(messages.listOf(rows.length));
  if (!rows.length) return;
  try {
    const found = await api.selection(rows.map((row) => stage.points.ids[row]), library, true, signal);
    fillSide(card(found, ""));
  } catch (error) {
    if (error.name !== "AbortError") fillSide(card(null, error.message));
  }
}

// What stands out

/** Lights up the tracks in whose names words are. */
async function find(words) {
  if (!words) return light(null);
  const { tracks } = await api.find(words, library, MATCHES);
  if (document.getElementById("search").value.trim() !== words) return;
  light(tracks.map(({ track_id }) => stage.points.rowOf.get(track_id)));
}

/** Lights up the tracks that sound most like words. */
async function lightLike(words) {
  try {
    const { neighbors } = await api.likeWords(words, ALIKE, library);
    light(neighbors.map(({ track }) => stage.points.rowOf.get(track.track_id)));
    announce(messages.mapLit(neighbors.length, words));
  } catch (error) {
    announceProblem(error.message);
  }
}

function light(rows) {
  lit = rows;
  emphasize();
}

/** Dims all but what was searched for, is in the lasso, on the path, near the track, or in the group. */
function emphasize() {
  if (!stage.points) return;
  const rows = lit ?? (stage.path.length ? stage.path : stage.rays.length ? [stage.chosen, ...stage.rays] : null);
  let shown = null;
  if (rows) {
    shown = new Uint8Array(stage.points.count);
    for (const row of rows) if (row >= 0) shown[row] = 1;
  } else if (shownGroup !== null) {
    shown = Uint8Array.from(stage.codes, (code) => Number(code === shownGroup));
  }
  stage.shown = shown;
  stage.refresh();
}

