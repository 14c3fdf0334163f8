// What is under the hand, or in the middle for those who use keys: said, listed, and heard.

import * as api from "../api.js";
import { announce, announceProblem, make, nameOf } from "../dom.js";
import { messages } from "../messages.js";
import { playPassages } from "../player.js";
import { heardIn } from "./card.js";
import { choose } from "./chosen.js";
import { nearest, nearestOnes } from "./data.js";
import { about, stage, view } from "./view.js";

const NEARBY = 8; // tracks that are listed
const HOVER_MS = 90; // after which a dot is asked about
const REST_MS = 300; // after which a map that was moved is
const LISTEN_MS = 250; // after which a dot is heard
const BIT_SECONDS = 8; // that are heard
const EDGE = 120; // pixels that what is said of a dot takes to either side

export const tip = make("p", { class: "tip", "aria-hidden": "true", hidden: true });
export const near = make("section", { class: "card near", "aria-label": messages.mapNear });
let waiting; // a timer
let listens = false;

/** Whether dots that are pointed at are heard. */
export const listen = (on) => (listens = on);

/** Marks a dot, or none (-1), and says what it is. */
export function hover(row) {
  if (row === stage.marked) return;
  stage.marked = row;
  stage.refresh();
  stage.over.style.setProperty("cursor", row < 0 ? "" : "pointer");
  clearTimeout(waiting);
  if (row < 0) tip.hidden = true;
  else waiting = setTimeout(() => tell(row), HOVER_MS);
}

async function tell(row, aloud = false) {
  try {
    const found = await about(stage.points.ids[row]);
    if (row !== stage.marked) return;
    showTip(found, stage.rowAt(row));
    if (aloud) announce([nameOf(found.track), ...heardIn(found)].join(", "));
    if (listens) waiting = setTimeout(() => row === stage.marked && playBit(found), LISTEN_MS);
  } catch (error) {
    announceProblem(error.message);
  }
}

function showTip(found, [x, y]) {
  tip.replaceChildren(
    make("bdi", { class: "title" }, found.track.title),
    make("bdi", { class: "byline" }, found.track.artist ?? ""),
    make("span", { class: "byline" }, heardIn(found).join(", ")),
  );
  tip.hidden = false;
  tip.style.setProperty("left", `${Math.min(Math.max(x, EDGE), stage.width - EDGE)}px`);
  tip.style.setProperty("top", `${y}px`);
  tip.classList.toggle("under", y < EDGE);
}

function playBit({ track, heard }) {
  const middle = Math.max(0, (track.duration_seconds ?? 0) / 2 - BIT_SECONDS / 2);
  const start = heard[0]?.passages[0]?.[0] || middle;
  playPassages([{ track, library: view.library, start, end: start + BIT_SECONDS }]);
}

/** After a move: lists what is around the middle and, if keys moved, says what is nearest to it. */
export function lookAround(byKey = false) {
  clearTimeout(waiting);
  tip.hidden = true;
  if (!stage.points) return;
  if (byKey) {
    stage.marked = nearest(stage.points, ...stage.placeAt(...stage.middle)).row;
    stage.refresh();
  }
  waiting = setTimeout(() => {
    if (byKey) tell(stage.marked, true);
    list();
  }, REST_MS);
}

async function list() {
  const rows = nearestOnes(stage.points, ...stage.placeAt(...stage.middle), NEARBY);
  try {
    const { tracks } = await api.selection(rows.map((row) => stage.points.ids[row]), view.library, false);
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
  } catch (error) {
    announceProblem(error.message);
  }
}

stage.over.addEventListener("focus", () => stage.points && lookAround(stage.over.matches(":focus-visible")));
stage.over.addEventListener("blur", () => hover(-1));
