// The picture of the map: where one looks, and what is drawn when. One unit of the map is its longer side.

import { make } from "../dom.js";
import { colorOf, paletteOf } from "./colors.js";
import { Dots, inOrder, mixed } from "./dots.js";
import * as ink from "./ink.js";

const MARGIN = 44; // pixels around the whole map, or a fifteenth of a narrow screen
const FILLED = 0.2; // radius of a dot, as a share of the side of its part of the map
const DEEPEST = 400; // times that a map can be enlarged
const MOVE_MS = 700; // that tracks take to their new places
const BUDGET_MS = 11; // for dots, while the picture moves; then all are drawn
const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** The picture. Its parts are set: points, column, places, shown, marked, chosen, rays, path and its ends, lasso. */
export class Stage {
  constructor() {
    this.canvas = make("canvas", { class: "dots", "aria-hidden": "true" });
    this.over = make("canvas", { class: "ink" });
    this.dots = new Dots(this.canvas);
    this.context = this.over.getContext("2d");
    Object.assign(this, { places: [], shown: null, marked: -1, chosen: -1, rays: [], path: [], ends: [], lasso: [] });
    this.center = [0.5, 0.5];
    this.zoom = 1;
    this.insets = { left: 0, top: 0, right: 0, bottom: 0 }; // what panels cover
    this.drawn = 0; // dots of the last picture
    this.given = {}; // what was drawn last
    this.inOrder = {}; // and that in the order of drawing
    this.pace = 0; // milliseconds that a dot takes
    new ResizeObserver(() => this.resize()).observe(this.over);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolor());
  }

  resize() {
    const { clientWidth, clientHeight } = this.over;
    if (!clientWidth || !clientHeight) return;
    Object.assign(this, { width: clientWidth, height: clientHeight, ratio: Math.min(devicePixelRatio || 1, 2) });
    const size = [Math.round(this.width * this.ratio), Math.round(this.height * this.ratio)];
    [this.over.width, this.over.height] = size;
    this.dots.resize(...size);
    this.refresh();
  }

  /** Takes new places of the tracks; those that are shown move there. */
  setPoints(points) {
    const before = this.points;
    this.points = points;
    this.extent = [Math.max(...extremes(points.x)), Math.max(...extremes(points.y))];
    if (!this.codes || this.codes.length !== points.count) this.codes = new Uint8Array(points.count);
    if (!this.order || this.order.length !== points.count) this.order = mixed(points.count);
    if (before?.count === points.count && before !== points && !isStill()) this.moveFrom(before);
    else this.refresh();
  }

  moveFrom({ x, y }) {
    const { points } = this;
    const start = performance.now();
    const step = (now) => {
      if (this.points !== points) return;
      const done = Math.min(1, Math.max(0, now - start) / MOVE_MS);
      const eased = done * done * (3 - 2 * done);
      const moving = { x: new Float32Array(x.length), y: new Float32Array(x.length) };
      for (let row = 0; row < points.count; row += 1) {
        moving.x[row] = x[row] + eased * (points.x[row] - x[row]);
        moving.y[row] = y[row] + eased * (points.y[row] - y[row]);
      }
      this.between = done < 1 ? moving : null;
      this.refresh();
      if (done < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  setColumn(column) {
    this.column = column;
    this.codes = column?.codes ?? new Uint8Array(this.points.count);
    this.recolor();
  }

  recolor() {
    const named = (name) => `rgb(${colorOf(name).join(" ")})`;
    this.colors = {
      ground: named("--ground"), ink: named("--ink"), soft: named("--soft"), paper: named("--paper"), path: named("--focus"),
    };
    this.dots.colors(colorOf("--ground"), paletteOf(this.column));
    this.refresh();
  }

  /** Pixels that one unit of the map takes. */
  get scale() {
    const { left, right, top, bottom } = this.insets;
    const around = 2 * Math.min(MARGIN, this.width / 15);
    const wide = Math.max(this.width - left - right - around, 120) / (this.extent?.[0] || 1);
    const high = Math.max(this.height - top - bottom - around, 120) / (this.extent?.[1] || 1);
    return this.zoom * Math.min(wide, high);
  }

  /** The pixel where the middle of the view is. */
  get middle() {
    const { left, right, top, bottom } = this.insets;
    return [(left + this.width - right) / 2, (top + this.height - bottom) / 2];
  }

  at(x, y) {
    const [middleX, middleY] = this.middle;
    return [middleX + (x - this.center[0]) * this.scale, middleY - (y - this.center[1]) * this.scale];
  }

  /** The place of the map at a pixel. */
  placeAt(across, down) {
    const [middleX, middleY] = this.middle;
    return [this.center[0] + (across - middleX) / this.scale, this.center[1] - (down - middleY) / this.scale];
  }

  rowAt(row) {
    const { x, y } = this.between ?? this.points;
    return this.at(x[row], y[row]);
  }

  get radius() {
    const share = (FILLED * this.scale) / this.zoom / Math.sqrt(this.points.count);
    return Math.min(8, Math.max(1.15, Math.min(4.3, share)) * this.zoom ** 0.35);
  }

  pan(across, down) {
    this.center = [this.center[0] - across / this.scale, this.center[1] + down / this.scale];
    this.refresh(true);
  }

  /** Enlarges the map; what is at a pixel stays there. */
  enlarge(times, [across, down] = this.middle) {
    const [x, y] = this.placeAt(across, down);
    this.zoom = Math.max(0.7, Math.min(DEEPEST, this.zoom * times));
    const [nowX, nowY] = this.placeAt(across, down);
    this.center = [this.center[0] + x - nowX, this.center[1] + y - nowY];
    this.refresh(true);
  }

  /** Whether somebody has begun to look around. */
  get isTouched() {
    return this.movedAt !== undefined || this.lasso.length > 0;
  }

  /** Shows all of the map. */
  fit() {
    this.movedAt = undefined;
    this.center = [this.extent[0] / 2, this.extent[1] / 2];
    this.zoom = 1;
    this.refresh();
  }

  /** Brings a track into view, and its surroundings. */
  lookAt(row, zoom = Math.max(this.zoom, 2.5)) {
    this.center = [this.points.x[row], this.points.y[row]];
    this.zoom = zoom;
    this.refresh();
  }

  /** Draws soon; while the picture moves, perhaps a part of the dots. */
  refresh(moves = false) {
    if (moves) this.movedAt = performance.now();
    if (this.asked || !this.points || !this.width) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.draw(performance.now() - (this.movedAt ?? -Infinity) < 120);
    });
  }

  draw(moves) {
    if (!this.colors) this.recolor();
    const { ratio, points } = this;
    const most = Math.min(points.count, moves && this.pace ? Math.max(8000, BUDGET_MS / this.pace) : Infinity);
    const [left, top] = this.at(0, 0).map((pixel) => pixel * ratio);
    const began = performance.now();
    this.dots.draw({
      ...this.ordered(), most, radius: this.radius * ratio, view: { scale: this.scale * ratio, left, top },
    });
    this.pace = (performance.now() - began) / most;
    this.drawInk();
    if (!this.drawn) performance.mark("map drawn");
    this.drawn = most;
    if (moves && most < points.count) {
      clearTimeout(this.rest);
      this.rest = setTimeout(() => this.refresh(), 140);
    }
  }

  /** What is drawn of the dots, in the order of drawing; what did not change is as before. */
  ordered() {
    const { x, y } = this.between ?? this.points;
    for (const [name, values] of Object.entries({ x, y, codes: this.codes, shown: this.shown })) {
      if (this.given[name] === values) continue;
      this.given[name] = values;
      this.inOrder[name] = values && inOrder(values, this.order);
    }
    return this.inOrder;
  }

  drawInk() {
    const { context, colors } = this;
    const { left, right, bottom, top } = this.insets;
    const screen = {
      width: this.width, height: this.height, zoom: this.zoom, at: (x, y) => this.at(x, y), middle: this.middle[0],
      right: this.width - right, bottom: this.height - bottom, left, top,
    };
    ink.begin(context, this);
    ink.axes(context, this.points.axes, screen, colors);
    if (this.rays.length) {
      ink.rays(context, this.rowAt(this.chosen), this.rays.map((row) => this.rowAt(row)), colors.path);
    }
    if (!this.between && !this.path.length) ink.labels(context, this.places, screen, colors);
    if (this.path.length) ink.path(context, this.path.map((row) => this.rowAt(row)), this.ends, colors);
    for (const row of new Set([this.chosen, this.marked])) {
      if (row >= 0) ink.ring(context, this.rowAt(row), this.radius, colors);
    }
    ink.lasso(context, this.lasso.map(([x, y]) => this.at(x, y)), colors);
  }
}

function extremes(values) {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  return [most];
}
