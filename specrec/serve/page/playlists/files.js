// The playlist as a file: M3U8 for players, JSPF (the JSON form of XSPF) for programs.

import { audioOf } from "../api.js";
import { make } from "../dom.js";
import { messages } from "../messages.js";
import * as playlist from "./playlist.js";

const TYPES = { m3u8: "audio/x-mpegurl", jspf: "application/jspf+json" };
const writers = { m3u8, jspf };
let withPaths = false; // whether a file names paths in the folder of music, not addresses

/** A menu of the files as which the playlist can be saved. */
export function exportMenu() {
  const write = (kind) => make("button", { type: "button", class: "small", onclick: () => download(kind) }, messages[kind]);
  const menu = make(
    "details",
    { class: "menu", onkeydown: (event) => event.key === "Escape" && (menu.open = false) },
    make("summary", { class: "small" }, messages.exportList),
    make(
      "div",
      { class: "card" },
      write("m3u8"),
      write("jspf"),
      make(
        "label",
        { class: "check" },
        make("input", { type: "checkbox", checked: withPaths, onchange: (event) => (withPaths = event.target.checked) }),
        messages.withPaths,
      ),
    ),
  );
  document.addEventListener("pointerdown", (event) => menu.contains(event.target) || (menu.open = false));
  return menu;
}

function download(kind) {
  const { entries, name } = playlist.current();
  const title = name.trim() || messages.untitled;
  const file = new Blob([writers[kind](entries, title)], { type: TYPES[kind] });
  const link = make("a", { href: URL.createObjectURL(file), download: `${title.replace(/[/\\:]/g, "-")}.${kind}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function m3u8(entries, title) {
  const lines = entries.flatMap(({ track, library }) => [
    `#EXTINF:${Math.round(track.duration_seconds ?? -1)},${oneLine(nameIn(track))}`,
    place(track, library),
  ]);
  return ["#EXTM3U", `#PLAYLIST:${oneLine(title)}`, ...lines, ""].join("\n");
}

function jspf(entries, title) {
  const track = entries.map(({ track, library }) =>
    withoutGaps({
      location: [place(track, library)],
      title: track.title,
      creator: track.artist,
      album: track.album,
      duration: track.duration_seconds && Math.round(1000 * track.duration_seconds),
    }),
  );
  return JSON.stringify({ playlist: { title, creator: "specrec", track } }, null, 1);
}

const place = (track, library) =>
  withPaths ? track.path : new URL(audioOf(track.track_id, library), location.href).href;

/** As players write it: with a hyphen. */
const nameIn = (track) => (track.artist ? `${track.artist} - ${track.title}` : track.title);

/** Without breaks, which would end the entry, and without signs that control a terminal. */
const oneLine = (text) => text.replace(/[\s\p{Cc}]+/gu, " ").trim();

const withoutGaps = (values) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== ""));
