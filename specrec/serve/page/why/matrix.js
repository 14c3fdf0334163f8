// The passage matrix: what each pair of passages adds. A click, or Enter, plays the two.

import { announce, clock, make } from "../dom.js";
import { messages } from "../messages.js";
import { playPassages, playTogether } from "../player.js";

const CONTRAST = 1.6; // power by which what adds little is darkened

/**
 * Shows the matrix; returns its section, and the buttons that play the pair that is chosen.
 *
 * @param match what the server explains
 * @param query the track of the rows
 * @param near the track of the columns
 * @param library the library's name
 * @param select called with both passages, {start, end}, whenever another pair is chosen
 */
export function passageMatrix({ windows }, query, near, library, select) {
  const { values } = windows;
  const [rows, columns] = [values.length, values[0].length];
  const spans = { rows: windows.query_spans, columns: windows.neighbor_spans };
  const all = values.flat();
  const most = all.indexOf(Math.max(...all)); // where it adds most
  let [row, column] = [Math.floor(most / columns), most % columns];

  const cursor = make("span", { class: "cursor" });
  const cell = make("span", { role: "gridcell", id: `pair-${query.track_id}-${near.track_id}`, class: "quiet" });
  const readout = make("p", { class: "remark readout" });
  const grid = make(
    "div",
    {
      class: "matrix", role: "grid", tabindex: 0, "aria-label": messages.matrix(query.title, near.title),
      "aria-rowcount": rows, "aria-colcount": columns, "aria-activedescendant": cell.id,
      onclick: (event) => {
        const box = grid.getBoundingClientRect();
        const at = (share, count) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
        move(at((event.clientY - box.top) / box.height, rows), at((event.clientX - box.left) / box.width, columns));
        inTurn();
      },
      onkeydown: (event) => {
        const [down, right] = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key] ?? [];
        if (down !== undefined) {
          move(Math.min(rows - 1, Math.max(0, row + down)), Math.min(columns - 1, Math.max(0, column + right)));
          announce(cell.textContent);
        } else if (event.key === "Enter") (event.shiftKey ? atOnce : inTurn)();
        else return;
        event.preventDefault();
      },
    },
    draw(values),
    cursor,
    make("div", { role: "row" }, cell),
  );

  const passages = () =>
    [[query, spans.rows[row]], [near, spans.columns[column]]].map(([track, [start, end]]) => ({ track, library, start, end }));
  const inTurn = () => playPassages(passages());
  const atOnce = () => playTogether(passages());

  function move(toRow, toColumn) {
    [row, column] = [toRow, toColumn];
    const [one, other] = [spans.rows[row], spans.columns[column]];
    const text = messages.pair(
      one.map(clock).join("–"), other.map(clock).join("–"), (values[row][column] / (rows * columns)).toFixed(4),
    );
    cell.textContent = readout.textContent = text;
    cell.setAttribute("aria-rowindex", row + 1);
    cell.setAttribute("aria-colindex", column + 1);
    const share = (place, count) => `${(100 * place) / count}%`;
    Object.assign(cursor.style, {
      left: share(column, columns), width: share(1, columns), top: share(row, rows), height: share(1, rows),
    });
    select({ start: one[0], end: one[1] }, { start: other[0], end: other[1] });
  }

  move(row, column);
  const actions = make(
    "div",
    { class: "actions" },
    make("button", { type: "button", class: "hear", onclick: inTurn }, messages.hearInTurn),
    make("button", { type: "button", class: "small", title: messages.headphones, onclick: atOnce }, messages.hearAtOnce),
  );
  const section = make(
    "section",
    { class: "passages" },
    make("h3", {}, messages.alike),
    make("p", { class: "remark" }, messages.matrixHint),
    make(
      "div",
      { class: "axes" },
      make("p", { class: "down" }, make("bdi", {}, query.title), " ↓"),
      grid,
      make("p", { class: "across" }, make("bdi", {}, near.title), " →"),
    ),
    readout,
  );
  return { section, actions };
}

/** One pixel a pair; the stylesheet makes it large. */
function draw(values) {
  const canvas = make("canvas", { width: values[0].length, height: values.length });
  const ink = canvas.getContext("2d");
  const reach = Math.max(...values.map((row) => Math.max(...row.map(Math.abs)))) || 1;
  values.forEach((row, down) =>
    row.forEach((value, across) => {
      const color = value < 0 ? "240 129 58" : "86 180 233";
      ink.fillStyle = `rgb(${color} / ${((Math.abs(value) / reach) ** CONTRAST).toFixed(3)})`;
      ink.fillRect(across, down, 1, 1);
    }),
  );
  return canvas;
}
