// One box for titles, artists and words for a sound.

import * as api from "./api.js";
import { combobox } from "./combobox.js";
import { clock, make, nameOf } from "./dom.js";
import { messages } from "./messages.js";

/**
 * Brings the box to life.
 *
 * @param choose called with {track: id} or {like: words}
 * @param libraryName says which library is searched
 */
export function showSearch(choose, libraryName) {
  const box = document.getElementById("search");
  combobox(box, document.getElementById("found"), async (words, signal) => {
    const found = await tracksLike(words, libraryName(), signal, (track) => choose({ track: track.track_id }));
    return [
      ...found,
      ...(found.length ? [] : [{ note: messages.nothingFits }]),
      { children: [make("span", { class: "sound" }, messages.soundsLike(words))], choose: () => choose({ like: words }) },
    ];
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, select, textarea")) {
      event.preventDefault();
      box.focus();
    }
  });
}

/** Choices for the tracks in whose names words begin so. */
export async function tracksLike(words, library, signal, choose) {
  const { tracks } = await api.search(words, library, signal);
  return tracks.map((track) => trackChoice(track, choose));
}

/** A choice for a track. */
export function trackChoice(track, choose) {
  return {
    children: [
      make("span", { class: "title" }, make("bdi", {}, track.title)),
      make("span", { class: "byline" }, make("bdi", {}, track.artist ?? ""), ` ${clock(track.duration_seconds)}`),
    ],
    said: nameOf(track),
    choose: () => choose(track),
  };
}
