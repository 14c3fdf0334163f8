// What is asked: the queries with their spectrograms, and the options.

import { CROSS, clock, icon, make, nameOf } from "../dom.js";
import { messages } from "../messages.js";
import { playButton } from "../player.js";
import { bands, spectrogram } from "../spectrogram.js";

/** Shows a query with its player, and what is heard in it when. */
export function seedCard(details, library, remove) {
  const { track } = details;
  return make(
    "article",
    { class: "card" },
    make(
      "header",
      {},
      playButton(track, library, "large"),
      make(
        "div",
        { class: "names" },
        make("h2", {}, make("bdi", {}, track.title)),
        make(
          "p",
          { class: "byline" },
          make("bdi", {}, [track.artist, track.album, track.year, clock(track.duration_seconds)].filter(Boolean).join(" · ")),
        ),
      ),
      removeButton(nameOf(track), remove),
    ),
    spectrogram(track, library),
    details.heard.length ? bands(details.heard, track, library) : null,
    measured(details.features ?? {}),
  );
}

/** Shows words that were asked for, or a track that the neighbors should not be like. */
export function chip(text, kind, remove) {
  return make("p", { class: `chip ${kind}` }, make("bdi", {}, text), removeButton(text, remove));
}

function removeButton(name, remove) {
  return make(
    "button",
    { type: "button", class: "round plain", "aria-label": `${messages.remove}: ${name}`, onclick: remove },
    icon(CROSS),
  );
}

function measured(features) {
  const said = [
    ["tempo_bpm", (value) => `${Math.round(value)} bpm`],
    ["loudness_lufs", (value) => `${messages.loudness} ${value.toFixed(0).replace("-", "−")} LUFS`],
  ].filter(([name]) => features[name]?.measured);
  if (!said.length) return null;
  return make(
    "p",
    { class: "remark" },
    `${messages.measured}: `,
    said.map(([name, text]) => text(features[name].value)).join(", "),
  );
}

/** Shows a track that was asked for and is not in the library, or not any more. */
export function goneCard(id, text, remove) {
  return make("article", { class: "card gone" }, make("p", { role: "alert" }, text), removeButton(id, remove));
}

/** Shows the options of the ranking. */
export function options(state, change) {
  const check = (name, text) =>
    make(
      "label",
      { class: "check" },
      make("input", {
        type: "checkbox", checked: state[name],
        onchange: (event) => change({ [name]: event.target.checked }),
      }),
      text,
    );
  const isUsed = state.by || state.diversity || state.other_artists || state.per_artist || state.fewer_hubs;
  return make(
    "details",
    { class: "card", open: Boolean(isUsed) },
    make("summary", {}, messages.options),
    make(
      "label",
      { class: "line" },
      messages.by,
      make(
        "select",
        { onchange: (event) => change({ by: event.target.value }) },
        ...[["", messages.bySound], ["features", messages.byFeatures], ["both", messages.byBoth]].map(
          ([value, text]) => make("option", { value, selected: state.by === value }, text),
        ),
      ),
    ),
    check("other_artists", messages.otherArtists),
    check("per_artist", messages.perArtist),
    check("fewer_hubs", messages.fewerHubs),
    make("p", { class: "ends", "aria-hidden": "true" }, make("span", {}, messages.closest), make("span", {}, messages.varied)),
    make("input", {
      type: "range", min: 0, max: 1, step: 0.1, value: state.diversity, "aria-label": messages.diversity,
      onchange: (event) => change({ diversity: Number(event.target.value) }),
    }),
  );
}
