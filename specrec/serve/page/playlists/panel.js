// The playlist in a corner of the page, where it is collected while one listens.

import { CROSS, icon, make, nameOf, titleAndArtist } from "../dom.js";
import { messages } from "../messages.js";
import { playButton } from "../player.js";
import * as playlist from "./playlist.js";

const SHOWN = 100; // entries, the last ones
let isOpen = matchMedia("(min-width: 60rem)").matches;
let visit; // goes to the view of playlists

/** Shows the panel, and keeps it up to date; it is hidden while the list is empty. */
export function showPanel(open) {
  visit = open;
  playlist.watchList(show);
  show();
}

function show() {
  const { entries } = playlist.current();
  const panel = document.getElementById("playlist");
  panel.hidden = entries.length === 0;
  document.body.classList.toggle("with-playlist", entries.length > 0);
  panel.replaceChildren(
    make(
      "details",
      { open: isOpen, ontoggle: (event) => (isOpen = event.target.open) },
      make(
        "summary",
        {},
        messages.playlist,
        make("span", { class: "remark" }, messages.lengthOf(entries.length, playlist.timeText())),
      ),
      make("ol", {}, ...entries.slice(-SHOWN).map(line)),
      make(
        "div",
        { class: "actions" },
        make("button", { type: "button", class: "small", onclick: () => visit() }, messages.openPlaylist),
        make("button", { type: "button", class: "small", onclick: playlist.clear }, messages.clear),
      ),
    ),
  );
}

function line({ key, track, library }) {
  return make(
    "li",
    {},
    entryButton({ key, track, library }),
    make("span", { class: "names" }, titleAndArtist(track)),
    make(
      "button",
      {
        type: "button", class: "round plain", title: messages.remove,
        "aria-label": `${messages.remove}: ${nameOf(track)}`, onclick: () => playlist.remove(key),
      },
      icon(CROSS),
    ),
  );
}

/** A button that plays an entry, after which the next one plays. */
export function entryButton({ key, track, library }) {
  const button = playButton(track, library);
  button.addEventListener("click", () => playlist.follow(key), { capture: true });
  return button;
}
