// Fills the playlist up: tracks that are similar to what is in it, each with its reason.

import * as api from "../api.js";
import { PLUS, icon, make, nameOf, withSentence } from "../dom.js";
import { messages } from "../messages.js";
import { playButton } from "../player.js";
import * as playlist from "./playlist.js";

const SHOWN = 10; // suggestions at a time
const MOST_SEEDS = 200; // in one question, whose length is limited

/** A card that suggests tracks when it is asked to. */
export function fillCard(library) {
  const list = make("ol", { class: "suggestions" });
  const said = make("p", { class: "remark", role: "status" });
  const tools = make("div", { class: "actions" });
  let shown = [];
  let passed = new Set(); // what was suggested and not taken

  async function suggest() {
    const { entries } = playlist.current();
    if (!entries.length) return (said.textContent = messages.needsOne);
    said.textContent = "…";
    try {
      for (const { track } of shown) passed.add(track.track_id);
      shown = await suggestions(entries, playlist.libraryOf() ?? entries.at(-1).library, passed);
      said.textContent = shown.length ? "" : messages.nothingToSuggest;
      if (!shown.length) passed = new Set();
    } catch (error) {
      said.textContent = error.message;
    }
    paint();
  }

  function take(items) {
    const place = shown.indexOf(items[0]);
    playlist.addAll(items.map(({ track }) => track), items[0].library);
    shown = shown.filter((item) => !items.includes(item));
    paint();
    const left = list.querySelectorAll(".plain");
    (left[Math.min(place, left.length - 1)] ?? tools.querySelector("button")).focus();
  }

  function paint() {
    list.replaceChildren(...shown.map((item) => suggestion(item, () => take([item]))));
    tools.replaceChildren(
      make("button", { type: "button", class: "small", onclick: suggest }, shown.length ? messages.suggestAgain : messages.suggest),
      ...(shown.length
        ? [make("button", { type: "button", class: "small strong", onclick: () => take(shown) }, messages.addSuggested(shown.length))]
        : []),
    );
  }

  paint();
  return make(
    "section",
    { class: "card fill", "aria-label": messages.fillUp },
    make("h2", {}, messages.fillUp),
    make("p", { class: "remark" }, messages.fillHint),
    tools,
    said,
    list,
  );
}

/** The nearest tracks of those in the list that are neither in it nor another file of one in it. */
async function suggestions(entries, library, passed) {
  const ids = [...new Set(entries.filter((entry) => entry.library === library).map(({ track }) => track.track_id))];
  const seeds = spread(ids, MOST_SEEDS);
  const k = Math.min(500, SHOWN + passed.size + (ids.length - seeds.length));
  const found = await api.get("/neighbors", { library, track_id: seeds, k });
  const out = new Set([...ids, ...passed, ...(seeds.length < ids.length ? await copiesOf(ids, library) : [])]);
  return found.neighbors
    .filter(({ track }) => !out.has(track.track_id))
    .slice(0, SHOWN)
    .map((item) => ({ ...item, library, like: found.queries[item.seed], several: seeds.length > 1 }));
}

/** Other files of the recordings in a list: the server leaves out those of what it was asked about. */
async function copiesOf(ids, library) {
  const { recordings } = await api.get("/duplicates", { library, limit: 500 });
  const there = new Set(ids);
  const copies = recordings.map((one) => one.copies.map(({ track }) => track.track_id));
  return copies.filter((group) => group.some((id) => there.has(id))).flat();
}

/** So many of some values, evenly spread. */
const spread = (values, most) =>
  values.length <= most ? values : Array.from({ length: most }, (_, place) => values[Math.floor((place * values.length) / most)]);

function suggestion({ track, explanation, like, several, library }, take) {
  const sentence = explanation?.sentence ?? "";
  return make(
    "li",
    { data: { id: track.track_id } },
    playButton(track, library),
    withSentence(track, several ? messages.likeOne(like.title, sentence) : sentence),
    make(
      "button",
      { type: "button", class: "round plain", "aria-label": messages.take(nameOf(track)), title: messages.take(nameOf(track)), onclick: take },
      icon(PLUS),
    ),
  );
}
