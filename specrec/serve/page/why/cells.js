// What each time-frequency cell adds to a similarity, in color over a grey spectrogram.

import * as api from "../api.js";
import { make } from "../dom.js";
import { messages } from "../messages.js";

const ADDS = [86, 180, 233]; // on dark ground, in both color schemes
const TAKES = [240, 129, 58];
const [WIDTH, HEIGHT] = [800, 128]; // pixels
const EXTREME = 0.01; // share of the cells that are drawn in full color

/**
 * Makes a button that shows the cells of two tracks and hides them again.
 *
 * @param tracks the two tracks
 * @param frames their spectrograms
 * @param library the library's name
 */
export function cellsButton(tracks, frames, library) {
  let asked = null; // the requests that are under way
  let canvases = [];
  const status = make("span", { class: "remark", role: "status" });
  const button = make(
    "button",
    { type: "button", class: "small", "aria-pressed": "false", onclick: () => (asked || canvases.length ? hide() : show()) },
    messages.showCells,
  );

  async function show() {
    asked = new AbortController();
    button.setAttribute("aria-pressed", "true");
    status.textContent = messages.computingCells;
    try {
      const ids = tracks.map((track) => track.track_id);
      const maps = await Promise.all(
        ids.map((id, place) => api.cells(id, ids[1 - place], library, asked.signal)),
      );
      const reach = reachOf(maps);
      canvases = maps.map((map) => draw(map, reach));
      frames.forEach((frame, place) => {
        frame.classList.add("with-cells");
        frame.querySelector("img").after(canvases[place]);
      });
      status.replaceChildren(
        make("span", { class: "key adds" }), messages.cellsAdd, make("span", { class: "key takes" }), messages.cellsTake,
      );
    } catch (error) {
      if (error.name === "AbortError") return;
      hide();
      status.textContent = error.message;
    }
    asked = null;
  }

  function hide() {
    asked?.abort();
    asked = null;
    button.setAttribute("aria-pressed", "false");
    for (const canvas of canvases) canvas.remove();
    for (const frame of frames) frame.classList.remove("with-cells");
    canvases = [];
    status.textContent = "";
  }

  return make("div", { class: "cells-line" }, button, status);
}

/** The size of what all but the most extreme cells add. */
function reachOf(maps) {
  const sizes = maps.flatMap(({ values }) => values.flat().map(Math.abs)).sort((one, other) => one - other);
  return sizes[Math.floor((1 - EXTREME) * (sizes.length - 1))] || 1;
}

function draw({ values, row_edges: edges }, reach) {
  const canvas = make("canvas", { class: "cells", width: WIDTH, height: HEIGHT });
  const ink = canvas.getContext("2d");
  values.forEach((row, place) => {
    const [low, high] = [edges[place], edges[place + 1]].map((share) => Math.round(HEIGHT * (1 - share)));
    row.forEach((value, column) => {
      const color = value < 0 ? TAKES : ADDS;
      ink.fillStyle = `rgb(${color.join(" ")} / ${(0.85 * Math.min(1, Math.abs(value) / reach)).toFixed(3)})`;
      const [left, right] = [column, column + 1].map((step) => Math.round((WIDTH * step) / row.length));
      ink.fillRect(left, high, right - left, low - high);
    });
  });
  return canvas;
}
