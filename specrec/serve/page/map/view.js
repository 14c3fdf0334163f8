// What the parts of the map share: the picture, what is asked, and which dots stand out.

import * as api from "../api.js";
import { Stage } from "./stage.js";

export const stage = new Stage();

/** What is asked of which library, and the page's context: change, go, fresh. */
export const view = { state: null, library: null, context: null };

let details = new Map(); // of tracks, by id
let lit = null; // rows that words or a lasso light up
let group = null; // the place of the label that alone is shown

/** What is known of a track. */
export async function about(id) {
  if (!details.has(id)) details.set(id, await api.track(id, view.library));
  return details.get(id);
}

/** Begins anew with another library, or another state of it. */
export function forget() {
  Object.assign(stage, { points: null, places: [], chosen: -1, marked: -1, rays: [], path: [], lasso: [], shown: null });
  details = new Map();
  lit = group = null;
}

/** Lights up some tracks; all again with null. */
export function light(rows) {
  lit = rows;
  emphasize();
}

/** Shows one group alone; all again with null. */
export function showOnly(place) {
  group = place;
  emphasize();
}

/** Dims all but what was searched for, is in the lasso, on the path, near the track, or in the group. */
export function emphasize() {
  if (!stage.points) return;
  const rows = lit ?? (stage.path.length ? stage.path : stage.rays.length ? [stage.chosen, ...stage.rays] : null);
  let shown = null;
  if (rows) {
    shown = new Uint8Array(stage.points.count);
    for (const row of rows) if (row >= 0) shown[row] = 1;
  } else if (group !== null) {
    shown = Uint8Array.from(stage.codes, (code) => Number(code === group));
  }
  stage.shown = shown;
  stage.refresh();
}
