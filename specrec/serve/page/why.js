// Why two tracks are alike: what adds up to the score, and the passages to hear.

import * as api from "./api.js";
import { clock, make } from "./dom.js";
import { labelOf } from "./labels.js";
import { messages } from "./messages.js";
import { playPassages } from "./player.js";
import { spectrogram } from "./spectrogram.js";

const SHOWN = 8; // contributions

/** Explains a neighbor. */
export async function why(item, { library, tracks }) {
  const query = tracks[item.seed];
  const parts = make("div", { class: "parts" });
  if (query?.track_id) {
    try {
      const match = await api.explain(query.track_id, item.track.track_id, library);
      parts.append(...passages(match, query, item.track, library));
    } catch (error) {
      parts.append(make("p", { class: "problem" }, error.message));
    }
  }
  parts.append(sum(item.explanation));
  return parts;
}

function passages(match, query, near, library) {
  const best = match.passage;
  if (!best) return [];
  const asked = { start: best.query_start, end: best.query_end };
  const other = { start: best.neighbor_start, end: best.neighbor_end };
  const hear = make(
    "button",
    {
      type: "button", class: "hear",
      onclick: () =>
        playPassages([
          { track: query, library, ...asked },
          { track: near, library, ...other },
        ]),
    },
    messages.hearBoth,
  );
  return [
    make("h4", {}, messages.alike),
    make(
      "div",
      { class: "pair" },
      titled(query, asked, library),
      titled(near, other, library),
    ),
    hear,
  ];
}

function titled(track, passage, library) {
  return make(
    "figure",
    {},
    make("figcaption", {}, make("bdi", {}, track.title), ` ${clock(passage.start)}–${clock(passage.end)}`),
    spectrogram(track, library, [passage]),
  );
}

/** The contributions as a table with bars on either side of zero. */
function sum(explanation) {
  const sorted = [...explanation.contributions].sort(
    (one, other) => Math.abs(other.value) - Math.abs(one.value),
  );
  const shown = sorted.slice(0, SHOWN);
  const rest = sorted.slice(SHOWN).reduce((total, part) => total + part.value, explanation.others);
  const causes = new Set(
    explanation.reasons.filter((reason) => reason.verdict === "because").map((reason) => reason.feature),
  );
  const rows = shown.map((part) => ({
    name: labelOf(part.feature), value: part.value, cause: causes.has(part.feature),
  }));
  rows.push({ name: messages.others, value: rest, kind: "rest" });
  if (Math.abs(explanation.residual) >= 0.005) {
    rows.push({ name: messages.unexplained, value: explanation.residual, kind: "rest" });
  }
  rows.push({ name: messages.similarity, value: explanation.similarity, kind: "total" });
  const reach = Math.max(...rows.map((row) => Math.abs(row.value)), 1e-9);
  const low = Math.min(0, ...rows.map((row) => row.value));
  const span = reach - low;
  return make(
    "table",
    { class: "sum" },
    make("caption", {}, messages.ofTheScore),
    make("tbody", {}, ...rows.map((row) => line(row, low, span))),
  );
}

function line({ name, value, cause, kind }, low, span) {
  const start = Math.min(0, value) - low;
  return make(
    "tr",
    { class: kind ?? (value < 0 ? "takes" : "adds") },
    make("th", { scope: "row", title: cause ? messages.because : null }, name, cause ? " ✓" : ""),
    make("td", { class: "number" }, `${value < 0 ? "−" : ""}${Math.abs(value).toFixed(3)}`),
    make(
      "td",
      { class: "bars", "aria-hidden": "true" },
      make("span", {
        class: "bar-part",
        style: { left: `${(100 * start) / span}%`, width: `${(100 * Math.abs(value)) / span}%` },
      }),
    ),
  );
}
