// What the map shows: the places of all tracks, what they are colored by, and what is written on it.

import * as api from "../api.js";
import { messages } from "../messages.js";
import { placesOnRamp } from "./colors.js";

export const CLUSTERS = "clusters"; // what tracks are colored by that is no column

/** Reads packed numbers. */
export function unpack(text, Numbers) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Numbers(bytes.buffer);
}

/**
 * Where all tracks are: x and y from 0 to 1, y growing upwards; their ids; what the axes are called;
 * and what turns a place of the server's into such a one.
 */
export async function loadPoints(library, method, signal) {
  const found = await api.mapPoints(library, method, signal);
  const steps = unpack(found.points, Uint16Array);
  const count = steps.length / 2;
  const x = new Float32Array(count);
  const y = new Float32Array(count);
  for (let row = 0; row < count; row += 1) {
    x[row] = steps[2 * row] / 65535;
    y[row] = steps[2 * row + 1] / 65535;
  }
  const side = 65535 * found.step;
  return {
    x, y, count, ids: found.track_ids, axes: found.axes, method, generation: found.generation,
    rowOf: new Map(found.track_ids.map((id, row) => [id, row])),
    place: ({ x: along, y: up }) => [(along - found.left) / side, (up - found.bottom) / side],
  };
}

/** What is written on a map: {name, kind, level, x, y}, the weightiest first. */
export async function loadPlaces(library, points, signal) {
  const { places } = await api.mapPlaces(library, points.method, signal);
  return places.map((place) => {
    const [x, y] = points.place(place);
    return { ...place, x, y };
  });
}

/** A column, with the place of each track's color. */
export async function loadColumn(library, name, points, signal) {
  if (name === CLUSTERS) return clusters(library, points, signal);
  const column = await api.column(name, library, signal);
  const codes = column.labels.length
    ? unpack(column.values, Uint8Array)
    : placesOnRamp(unpack(column.values, Float32Array), column.low, column.high);
  return { ...column, codes };
}

async function clusters(library, points, signal) {
  const found = await api.clusters(library, signal);
  const codes = Uint8Array.from(points.ids, (id) => found.cluster_of_track[id] - 1);
  return {
    column: CLUSTERS, name: messages.mapClusters, kind: "text", unit: "", unknown: 0, codes,
    labels: found.clusters.map(({ name }) => name), counts: found.clusters.map(({ size }) => size),
  };
}

/** The track nearest to a place, and how far away it is. */
export function nearest(points, x, y) {
  let best = -1;
  let least = Infinity;
  for (let row = 0; row < points.count; row += 1) {
    const away = (points.x[row] - x) ** 2 + (points.y[row] - y) ** 2;
    if (away < least) [best, least] = [row, away];
  }
  return { row: best, distance: Math.sqrt(least) };
}

/** The tracks nearest to a place, the nearest first. */
export function nearestOnes(points, x, y, most) {
  const away = Float32Array.from(points.x, (along, row) => (along - x) ** 2 + (points.y[row] - y) ** 2);
  const bound = away.slice().sort()[Math.min(most, points.count) - 1];
  const rows = [];
  for (let row = 0; row < points.count; row += 1) if (away[row] <= bound) rows.push(row);
  return rows.sort((one, other) => away[one] - away[other]).slice(0, most);
}

/** The tracks within a polygon of corners [x, y]: those from which a ray crosses it an odd number of times. */
export function within(points, corners) {
  const rows = [];
  for (let row = 0; row < points.count; row += 1) {
    if (isWithin(points.x[row], points.y[row], corners)) rows.push(row);
  }
  return rows;
}

function isWithin(x, y, corners) {
  let inside = false;
  let [lastX, lastY] = corners[corners.length - 1];
  for (const [nextX, nextY] of corners) {
    if (nextY > y !== lastY > y && x < ((lastX - nextX) * (y - nextY)) / (lastY - nextY) + nextX) inside = !inside;
    [lastX, lastY] = [nextX, nextY];
  }
  return inside;
}
