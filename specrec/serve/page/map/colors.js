// What the dots of the map are colored by, and the legend that says so.

import { make } from "../dom.js";
import { messages } from "../messages.js";

export const UNKNOWN = 255; // the place of the color of tracks without a value, or of other groups
const STEPS = 255;

// From little to much: each ramp changes its lightness throughout, so that it is told without hue.
// What has much stands out from the ground, in light and in dark.
const RAMPS = {
  light: ["#cbd6df", "#8fc1cf", "#4a9cc0", "#2a66a8", "#2a2c6e"],
  dark: ["#34404f", "#2f6580", "#2a9296", "#7cc57f", "#fbe96b"],
};

const isDark = () => matchMedia("(prefers-color-scheme: dark)").matches;

/** A color of the page's styles, as [red, green, blue]. */
export function colorOf(name, element = document.documentElement) {
  return channels(getComputedStyle(element).getPropertyValue(name).trim());
}

const channels = (hex) => [1, 3, 5].map((place) => parseInt(hex.slice(place, place + 2), 16));

/** Where each track stands on a ramp, from 0 to 254; `UNKNOWN` without a value. */
export function placesOnRamp(values, low, high) {
  const reach = high - low || 1;
  return Uint8Array.from(values, (value) =>
    Number.isNaN(value) ? UNKNOWN : Math.max(0, Math.min(STEPS - 1, ((value - low) / reach) * STEPS)),
  );
}

/** The colors of places: 256 times red, green and blue. */
export function paletteOf(column) {
  const ground = colorOf("--ground");
  const unknown = colorOf("--rest").map((channel, place) => Math.round((channel + ground[place]) / 2));
  if (!column) return Array(256).fill(colorOf("--adds"));
  if (column.labels.length) {
    const kinds = column.labels.map((_, place) => colorOf(`--kind-${place % 8}`));
    return Array.from({ length: 256 }, (_, place) => kinds[place] ?? unknown);
  }
  const stops = RAMPS[isDark() ? "dark" : "light"].map(channels);
  const ramp = Array.from({ length: STEPS }, (_, step) => {
    const at = (step / (STEPS - 1)) * (stops.length - 1);
    const first = Math.min(Math.floor(at), stops.length - 2);
    return stops[first].map((from, channel) => Math.round(from + (at - first) * (stops[first + 1][channel] - from)));
  });
  return [...ramp, unknown];
}

/**
 * Says which color means what.
 *
 * @param column {labels, counts, low, high, unit, kind, unknown}
 * @param shown the label that alone is shown, or null
 * @param showOnly called with the place of a label, or null
 */
export function legend(column, shown, showOnly) {
  if (!column) return null;
  return column.labels.length ? groups(column, shown, showOnly) : scale(column);
}

function scale(column) {
  const bar = make("div", {
    class: "ramp", "aria-hidden": "true",
    style: { "--ramp": RAMPS[isDark() ? "dark" : "light"].join(", ") },
  });
  const value = (number) =>
    `${new Intl.NumberFormat("en", { maximumSignificantDigits: 3, useGrouping: false }).format(number)} ${column.unit}`.trim();
  const isConcept = column.kind === "concept";
  return make(
    "div",
    { class: "legend" },
    bar,
    make(
      "p",
      { class: "ends remark" },
      make("span", {}, isConcept ? messages.mapLeast : value(column.low)),
      make("span", {}, isConcept ? messages.mapMost : value(column.high)),
    ),
    column.unknown ? make("p", { class: "remark" }, messages.mapUnknown(column.unknown)) : null,
  );
}

function groups(column, shown, showOnly) {
  const others = column.codes.length - column.counts.reduce((sum, count) => sum + count, 0);
  const list = make(
    "ul",
    { class: "legend groups" },
    ...column.labels.map((label, place) =>
      make(
        "li",
        {},
        make(
          "button",
          {
            type: "button", class: `group kind-${place % 8}`, "aria-pressed": String(shown === place),
            title: label, onclick: () => showOnly(shown === place ? null : place),
          },
          make("span", { class: "name" }, make("bdi", {}, label)),
          make("span", { class: "remark" }, column.counts[place].toLocaleString("en")),
        ),
      ),
    ),
  );
  return make("div", {}, list, others ? make("p", { class: "remark" }, messages.mapOthers(others)) : null);
}
