// Recordings in several files, side by side, to listen to and to decide which ones stay.

import * as api from "../api.js";
import { announce, announceProblem, clock, make, nameOf } from "../dom.js";
import { messages } from "../messages.js";
import { playButton, playing, seek } from "../player.js";
import { spectrogram } from "../spectrogram.js";

/**
 * A card with duplicates and what was removed.
 *
 * @param decided {library, refresh}: what is called when the library has changed
 */
export function duplicatesCard({ recordings, total }, { removals }, decided) {
  if (!total && !removals.length) return null;
  return make(
    "section",
    { class: "card", "aria-label": messages.duplicates },
    make("h2", {}, messages.duplicates),
    make("p", { class: "remark" }, total ? messages.duplicatesHint : messages.noDuplicates),
    total
      ? make("ol", { class: "recordings" }, ...recordings.map((one) => recording(one, decided)))
      : null,
    total > recordings.length ? make("p", { class: "remark" }, messages.firstOf(recordings.length, total)) : null,
    removals.length ? removed(removals, decided) : null,
  );
}

function recording({ copies, similarity }, decided) {
  const { library } = decided;
  const [first] = copies;
  return make(
    "li",
    { class: "recording" },
    make("p", { class: "remark" }, messages.alikeBy(Math.floor(1000 * similarity) / 10)),
    make("ul", { class: "copies" }, ...copies.map((one) => copy(one, copies, decided))),
    make(
      "button",
      { type: "button", class: "small", onclick: () => switchOver(copies, library) },
      messages.switchOver,
    ),
    make("span", { class: "remark" }, ` ${messages.switchHint(first.track.title)}`),
  );
}

function copy({ track, bytes }, copies, decided) {
  const others = copies.filter((one) => one.track !== track).map((one) => one.track);
  return make(
    "li",
    { data: { id: track.track_id } },
    make(
      "header",
      {},
      playButton(track, decided.library),
      make(
        "div",
        { class: "names" },
        make("bdi", { class: "title" }, nameOf(track)),
        make(
          "span",
          { class: "byline" },
          [track.path, clock(track.duration_seconds), bytes === null ? "" : size(bytes)].filter(Boolean).join(" · "),
        ),
      ),
    ),
    spectrogram(track, decided.library),
    make(
      "button",
      {
        type: "button", class: "small strong", "aria-label": `${messages.keepThis}: ${track.path}`,
        onclick: (event) => decide(event.currentTarget, others, decided),
      },
      messages.keepThis,
    ),
  );
}

/** Goes on with the next copy at the same moment, so that one hears what differs. */
function switchOver(copies, library) {
  const { id, seconds } = playing();
  const at = copies.findIndex(({ track }) => track.track_id === id);
  const next = copies[(at + 1) % copies.length].track;
  seek(next, library, at < 0 ? 0 : Math.min(seconds, next.duration_seconds ?? seconds));
}

async function decide(button, tracks, { library, refresh }) {
  await change(
    button,
    () => api.send("POST", "/removals", { parameters: { library }, body: { track_ids: tracks.map((one) => one.track_id) } }),
    messages.removedNow(tracks.map((track) => track.path).join(", ")),
    refresh,
  );
}

function removed(removals, { library, refresh }) {
  return make(
    "details",
    { data: { part: "removed" }, open: removals.length < 6 },
    make("summary", {}, messages.removedFiles(removals.length)),
    make("p", { class: "remark" }, messages.removedHint),
    make(
      "ul",
      { class: "lines" },
      ...removals.map((one) =>
        make(
          "li",
          {},
          make("span", { class: "names" }, make("bdi", { class: "title" }, nameOf(one)), make("bdi", { class: "byline" }, one.path)),
          make(
            "button",
            {
              type: "button", class: "small", "aria-label": `${messages.putBack}: ${one.path}`,
              onclick: (event) =>
                change(
                  event.currentTarget,
                  () => api.send("DELETE", `/removals/${encodeURIComponent(one.track_id)}`, { parameters: { library } }),
                  messages.backNow(one.path),
                  refresh,
                ),
            },
            messages.putBack,
          ),
        ),
      ),
    ),
  );
}

async function change(button, ask, said, refresh) {
  button.disabled = true;
  try {
    await ask();
    announce(said);
  } catch (error) {
    announceProblem(error.message);
    button.disabled = false;
  }
  refresh();
}

/** Bytes for people: 3.4 MB. */
const size = (bytes) => (bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
