// The map: all tracks of a library at once. Near ones sound alike.

import * as api from "../api.js";
import { announceProblem, make } from "../dom.js";
import { messages } from "../messages.js";
import { choose, hint, leave, showAlike, showChosen, side, surround } from "./chosen.js";
import { looks, showLegend, tools } from "./controls.js";
import { CLUSTERS, loadColumn, loadPlaces, loadPoints, nearest } from "./data.js";
import { takeHand } from "./hand.js";
import { hover, listen, lookAround, near, tip } from "./near.js";
import { forget, light, showOnly, stage, view } from "./view.js";

const ALIKE = 100; // tracks that words light up
const MANY = 3000; // tracks from which the first arrangement has labels, for the other takes long
const MATCHES = 500; // tracks that are searched by name
const FIRST = ["energetic", "energy", "calm"]; // what a map is colored by, unless that is chosen

const look = make("div", { class: "card look", role: "group", "aria-label": messages.mapLook });
const toolbar = make("div", { class: "tools", role: "group", "aria-label": messages.mapTools });
const frame = make(
  "div",
  { class: "map" },
  stage.canvas, stage.over, make("div", { class: "left" }, look, side), toolbar, hint, near, tip,
);
let running = new AbortController(); // what is asked about the library
let columns = [];
let column = null;
let draws = false; // whether dragging draws a lasso

stage.over.setAttribute("role", "application");
stage.over.setAttribute("tabindex", "0");
stage.over.setAttribute("aria-describedby", "map-keys");
frame.append(make("p", { class: "quiet", id: "map-keys" }, messages.mapKeys));
takeHand(
  stage,
  { hover, open: (row) => choose(stage.points.ids[row]), lasso: drawn, moved: lookAround, drawing: () => draws },
  (x, y) => (stage.points ? nearest(stage.points, x, y) : { row: -1, distance: Infinity }),
);
toolbar.append(...tools({
  draw: drawing,
  listen,
  enlarge: (times) => {
    stage.enlarge(times);
    lookAround(false);
  },
  fit: () => stage.points && stage.fit(),
}));
document.getElementById("search").addEventListener("input", (event) => frame.isConnected && find(event.target.value.trim()));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !frame.isConnected || event.target.closest(".search")) return;
  leave();
});
new ResizeObserver(leaveRoom).observe(side);

/** Shows the map of a state's library. */
export function show(main, next, given) {
  view.context = given;
  main.replaceChildren(frame);
  document.title = `${messages.map} · specrec`;
  update(next);
}

/** Shows what changed. */
export function update(next) {
  const before = view.state;
  view.state = { ...next };
  if (view.library !== next.library) begin();
  else if (stage.points) {
    const [colored, arranged] = look.querySelectorAll("select");
    if (colored.value !== wanted() || arranged.value !== next.arranged) showLook();
    if (before.arranged !== next.arranged) arrange();
    color();
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
  const { library } = view.state;
  view.library = library;
  forget();
  column = null;
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

/** By what the map is colored: as is chosen, else by the first that the library has. */
function wanted() {
  const has = (name) => columns.some((one) => one.column === name);
  return view.state.color || FIRST.find(has) || columns[0]?.column || CLUSTERS;
}

function showLook() {
  const change = (part) => view.context.change(part, { keep: true });
  look.replaceChildren(...looks(columns, { ...view.state, color: wanted() }, change));
  if (column) showLegend(look, column, null, showGroup);
}

/** Colors the map by what is chosen. */
async function color() {
  const name = wanted();
  if (column?.column === name) return;
  look.querySelector(".legend-at").replaceChildren(make("p", { class: "remark" }, messages.mapLooking));
  try {
    const found = await loadColumn(view.library, name, stage.points, running.signal);
    if (found.generation && found.generation !== stage.points.generation) return begin();
    if (name !== wanted()) return;
    column = found;
    stage.setColumn(column);
    showGroup(null);
  } catch (error) {
    if (error.name !== "AbortError") announceProblem(error.message);
  }
}

function showGroup(group) {
  showLegend(look, column, group, showGroup);
  showOnly(group);
}

/**
 * Arranges the tracks as is chosen: by their main differences at once, by neighbors when that is
 * done; then they move there by themselves, unless somebody has begun to look around.
 */
async function arrange() {
  const { signal } = running;
  const method = view.state.arranged || "tsne";
  const note = look.querySelector(".arranging");
  try {
    if (stage.points.method !== method) {
      note.hidden = method === "pca";
      if (stage.points.count > MANY) await label(signal);
      const points = await loadPoints(view.library, method, signal);
      if ((view.state.arranged || "tsne") !== method) return;
      if (points.generation !== stage.points.generation) return begin();
      if (stage.isTouched) await whenPressed(note, signal);
      stage.places = [];
      stage.lasso = [];
      stage.setPoints(points);
      stage.fit();
      if (stage.chosen >= 0 && !stage.path.length) stage.lookAt(stage.chosen);
    }
    note.hidden = true;
    await label(signal);
  } catch (error) {
    note.hidden = true;
    if (error.name !== "AbortError") announceProblem(error.message);
  }
}

async function label(signal) {
  stage.places = await loadPlaces(view.library, stage.points, signal);
  stage.refresh();
}

/** Waits until somebody wants what is ready. */
function whenPressed(note, signal) {
  return new Promise((resolve, reject) => {
    const ready = make("button", { type: "button", class: "hear", onclick: resolve }, messages.mapShowArranged);
    note.replaceChildren(`${messages.mapIsArranged} `, ready);
    signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
  });
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

/** Whether dragging draws a lasso, not moves the map. */
function drawing(on) {
  draws = on;
  frame.classList.toggle("drawing", on);
  toolbar.querySelector('[data-tool="lasso"]').setAttribute("aria-pressed", String(on));
}

function drawn(corners) {
  drawing(false);
  surround(corners);
}

/** Lights up the tracks in whose names words are. */
async function find(words) {
  if (!words) return light(null);
  try {
    const { tracks } = await api.find(words, view.library, MATCHES);
    if (document.getElementById("search").value.trim() !== words) return;
    light(tracks.length ? tracks.map(({ track_id }) => stage.points.rowOf.get(track_id)) : null);
  } catch (error) {
    announceProblem(error.message);
  }
}

/** Lights up the tracks that sound most like words. */
async function lightLike(words) {
  try {
    const { neighbors } = await api.likeWords(words, ALIKE, view.library);
    stage.fit();
    showAlike(words, neighbors);
  } catch (error) {
    announceProblem(error.message);
  }
}
