// What is asked: the queries with their spectrograms, the sliders, and the options.

import { CROSS, clock, icon, make, nameOf } from "./dom.js";
import { labelOf } from "./labels.js";
import { messages } from "./messages.js";
import { playButton } from "./player.js";
import { bands, spectrogram } from "./spectrogram.js";

const SUGGESTED = 6; // sliders that are there from the beginning
const BANDS = 6; // concepts that are shown over time

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
          make("bdi", {}, [track.artist, track.album, track.year].filter(Boolean).join(" · ")),
          ` ${clock(track.duration_seconds)}`,
        ),
      ),
      removeButton(nameOf(track), remove),
    ),
    spectrogram(track, library),
    details.heard.length ? bands(details.heard.slice(0, BANDS), track, library) : null,
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
    ["loudness_lufs", (value) => `${value.toFixed(0)} LUFS`],
  ].filter(([name]) => features[name]?.measured);
  if (!said.length) return null;
  return make(
    "p",
    { class: "remark" },
    `${messages.measured}: `,
    said.map(([name, text]) => text(features[name].value)).join(", "),
  );
}

/** Shows sliders that ask for more or less of a concept. */
export function steering(state, suggested, all, change) {
  const names = [...new Set([...Object.keys(state.steer), ...suggested])].slice(
    0, Math.max(SUGGESTED, Object.keys(state.steer).length),
  );
  const sliders = make("div", { class: "sliders" }, ...names.map((name) => slider(name, state, change)));
  const more = make(
    "select",
    {
      "aria-label": messages.addConcept,
      onchange: () => {
        if (!more.value) return;
        change({ steer: { ...state.steer, [more.value]: 1 } });
      },
    },
    make("option", { value: "" }, messages.addConcept),
    ...all
      .filter(({ name }) => !names.includes(name))
      .map(({ name, label }) => make("option", { value: name }, label)),
  );
  return make(
    "details",
    { class: "card", open: matchMedia("(min-width: 60rem)").matches || names.some((name) => state.steer[name]) },
    make("summary", {}, messages.steer),
    make("p", { class: "remark" }, messages.steerHint),
    sliders,
    more,
  );
}

function slider(name, state, change) {
  const value = state.steer[name] ?? 0;
  const label = labelOf(name);
  const input = make("input", {
    class: "balance", type: "range", min: -3, max: 3, step: 1, value, "aria-label": label,
    "aria-valuetext": messages.lessMore(label, value),
    style: { "--at": value },
    oninput: () => {
      input.style.setProperty("--at", input.value);
      input.setAttribute("aria-valuetext", messages.lessMore(label, Number(input.value)));
      change({ steer: { ...state.steer, [name]: Number(input.value) } }, { keep: true });
    },
  });
  return make("label", { class: value ? "slider turned" : "slider" }, make("span", {}, label), input);
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
  return make(
    "details",
    { class: "card", open: Boolean(state.where || state.by || state.diversity) },
    make("summary", {}, messages.options),
    make(
      "label",
      {},
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
    make(
      "label",
      {},
      messages.diversity,
      make("input", {
        type: "range", min: 0, max: 1, step: 0.1, value: state.diversity,
        onchange: (event) => change({ diversity: Number(event.target.value) }),
      }),
    ),
    make(
      "label",
      {},
      messages.where,
      make("input", {
        type: "text", value: state.where, placeholder: messages.whereExample, spellcheck: "false",
        onchange: (event) => change({ where: event.target.value.trim() }),
      }),
    ),
  );
}

