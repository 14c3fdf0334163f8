// The tracks of the playlist, to be put into another order by dragging or with the keyboard.

import { CROSS, clock, icon, make, nameOf, titleAndArtist } from "../dom.js";
import { messages } from "../messages.js";
import { watch } from "../player.js";
import { entryButton } from "./panel.js";
import * as playlist from "./playlist.js";

const GRIP = "M5 3h2v2H5zm4 0h2v2H9zM5 7h2v2H5zm4 0h2v2H9zM5 11h2v2H5zm4 0h2v2H9z";
const EDGE = 60; // pixels from the edge of the window at which it scrolls

/** Shows the first entries; `more` shows more of them. */
export function entryList(entries, count, more) {
  if (!entries.length) return [make("p", { class: "none" }, messages.emptyList)];
  const list = make("ol", { class: "entries", "aria-label": messages.entries });
  list.append(...entries.slice(0, count).map((entry, place) => row(entry, place, list)));
  const rest = entries.length - count;
  if (rest <= 0) return [list];
  return [list, make("button", { type: "button", class: "more", onclick: more }, messages.moreEntries(rest))];
}

function row(entry, place, list) {
  const { key, track } = entry;
  const keys = { ArrowUp: place - 1, ArrowDown: place + 1, Home: 0, End: Infinity };
  const grip = make(
    "button",
    {
      type: "button", class: "round plain grip", "aria-label": messages.moveHandle(nameOf(track)), "data-control": "grip",
      onkeydown: (event) => {
        if (!(event.key in keys)) return;
        event.preventDefault();
        playlist.move(key, keys[event.key]);
      },
    },
    icon(GRIP),
  );
  const line = make(
    "li",
    {
      data: { key },
      onkeydown: (event) => event.key === "Delete" && playlist.remove(key),
    },
    grip,
    make("span", { class: "place", "aria-hidden": "true" }, place + 1),
    entryButton(entry),
    make("span", { class: "names" }, titleAndArtist(track)),
    make("span", { class: "time" }, clock(track.duration_seconds)),
    make(
      "button",
      {
        type: "button", class: "round plain", title: messages.remove, "data-control": "remove",
        "aria-label": `${messages.remove}: ${nameOf(track)}`, onclick: () => playlist.remove(key),
      },
      icon(CROSS),
    ),
  );
  watch(line, ({ id }) => line.classList.toggle("plays", id === track.track_id && playlist.following() === key));
  drag(grip, line, list, (to) => playlist.move(key, to));
  return line;
}

/** Lets a row be dragged by its grip, by mouse, pen or finger; Escape puts it back. */
function drag(grip, line, list, moved) {
  grip.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    grip.setPointerCapture(event.pointerId);
    const rows = [...list.children];
    const from = rows.indexOf(line);
    const middles = rows.map((one) => one.getBoundingClientRect().top + scrollY + one.offsetHeight / 2);
    const height = line.offsetHeight + parseFloat(getComputedStyle(list).rowGap || 0);
    const start = event.pageY;
    let to = from;
    const follow = ({ pageY, clientY }) => {
      const shift = pageY - start;
      // It takes the place of a row when its edge has passed the middle of that one.
      const [top, bottom] = [-1, 1].map((side) => middles[from] + shift + (side * line.offsetHeight) / 2);
      to = from + middles.filter((middle, place) => place > from && middle < bottom).length
        - middles.filter((middle, place) => place < from && middle > top).length;
      rows.forEach((one, place) => {
        const passed = place > from && place <= to ? -height : place < from && place >= to ? height : 0;
        one.style.setProperty("transform", `translateY(${place === from ? shift : passed}px)`);
      });
      if (clientY < EDGE || clientY > innerHeight - EDGE) scrollBy(0, clientY < EDGE ? -8 : 8);
    };
    const end = (keeps) => {
      grip.removeEventListener("pointermove", follow);
      removeEventListener("keydown", cancel);
      list.classList.remove("dragging");
      line.classList.remove("dragged");
      for (const one of rows) one.style.removeProperty("transform");
      if (keeps && to !== from) moved(to);
    };
    const cancel = (pressed) => pressed.key === "Escape" && end(false);
    list.classList.add("dragging");
    line.classList.add("dragged");
    grip.addEventListener("pointermove", follow);
    grip.addEventListener("pointerup", () => line.classList.contains("dragged") && end(true), { once: true });
    grip.addEventListener("pointercancel", () => end(false), { once: true });
    addEventListener("keydown", cancel);
  });
}
