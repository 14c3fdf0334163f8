// The playlist: collected while one listens, kept by this browser, saved as a file.

import { CROSS, DOWN, UP, announce, icon, make, nameOf } from "./dom.js";
import { audioOf } from "./api.js";
import { messages } from "./messages.js";
import { playButton } from "./player.js";

const KEPT = "specrec.playlist";
let entries = read(); // {track, library}
let isOpen = matchMedia("(min-width: 60rem)").matches;

/** Adds a track, unless it is the last one already. */
export function add(track, library) {
  if (entries.at(-1)?.track.track_id === track.track_id) return;
  entries.push({ track, library });
  show();
  announce(`${messages.addToPlaylist}: ${nameOf(track)}`);
}

/** Adds tracks that are not in the list yet. */
export function addAll(tracks, library) {
  const there = new Set(entries.map(({ track }) => track.track_id));
  const fresh = tracks.filter(({ track_id }) => !there.has(track_id));
  entries.push(...fresh.map((track) => ({ track, library })));
  show();
  announce(`${messages.addToPlaylist}: ${messages.listOf(fresh.length)}`);
}

/** Shows the list; it is hidden while it is empty. */
export function show() {
  localStorage.setItem(KEPT, JSON.stringify(entries));
  const panel = document.getElementById("playlist");
  panel.hidden = entries.length === 0;
  document.body.classList.toggle("with-playlist", entries.length > 0);
  panel.replaceChildren(
    make(
      "details",
      { open: isOpen, ontoggle: (event) => (isOpen = event.target.open) },
      make("summary", {}, messages.playlist, make("span", { class: "remark" }, messages.listOf(entries.length))),
      make("ol", {}, ...entries.map(entry)),
      make(
        "div",
        { class: "actions" },
        make("button", { type: "button", class: "small", onclick: save }, messages.saveM3u),
        make("button", { type: "button", class: "small", onclick: () => keep([]) }, messages.clear),
      ),
    ),
  );
}

function entry({ track, library }, place) {
  const tool = (text, path, onclick, disabled = false) =>
    make(
      "button",
      { type: "button", class: "round plain", "aria-label": `${text}: ${nameOf(track)}`, title: text, onclick, disabled },
      icon(path),
    );
  return make(
    "li",
    {
      draggable: "true",
      ondragstart: (event) => event.dataTransfer.setData("text/plain", String(place)),
      ondragover: (event) => event.preventDefault(),
      ondrop: (event) => {
        event.preventDefault();
        move(Number(event.dataTransfer.getData("text/plain")), place);
      },
    },
    playButton(track, library),
    make("span", { class: "names" }, make("bdi", { class: "title" }, track.title), make("bdi", { class: "byline" }, track.artist ?? "")),
    tool(messages.up, UP, () => move(place, place - 1), place === 0),
    tool(messages.down, DOWN, () => move(place, place + 1), place === entries.length - 1),
    tool(messages.remove, CROSS, () => keep(entries.filter((_, other) => other !== place))),
  );
}

function move(from, to) {
  const moved = [...entries];
  moved.splice(to, 0, ...moved.splice(from, 1));
  keep(moved);
}

function keep(changed) {
  entries = changed;
  show();
}

function save() {
  const lines = entries.flatMap(({ track, library }) => [
    `#EXTINF:${Math.round(track.duration_seconds ?? -1)},${nameOf(track).replace(/[\r\n]/g, " ")}`,
    new URL(audioOf(track.track_id, library), location.href).href,
  ]);
  const file = new Blob([["#EXTM3U", ...lines, ""].join("\n")], { type: "audio/x-mpegurl" });
  const link = make("a", { href: URL.createObjectURL(file), download: "specrec.m3u8" });
  link.click();
  URL.revokeObjectURL(link.href);
}

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? [];
  } catch {
    return [];
  }
}
