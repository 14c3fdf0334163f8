// Filters: a few choices with how many tracks each leaves, and a condition for experts.

import * as api from "../api.js";
import { makeCombobox } from "../combobox.js";
import { CROSS, icon, make } from "../dom.js";
import { labelOf } from "../labels.js";
import { messages } from "../messages.js";

let asked; // the request for counts that is under way

/** Shows the filters; the counts follow. */
export function filters(state, change) {
  const counted = make("span", { class: "remark" });
  const choices = make("div", { class: "filters" });
  const card = make(
    "details",
    { class: "card", open: state.filter.length > 0 || state.where !== "" },
    make("summary", {}, messages.filter, counted),
    ...state.filter.map((condition) => chosen(condition, state, change)),
    choices,
    expert(state, change),
  );
  const fill = async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      show(await api.facets(state, "", asked.signal), state, change, counted, choices);
    } catch (error) {
      if (error.name !== "AbortError") choices.replaceChildren(make("p", { class: "problem" }, error.message));
    }
  };
  if (card.open) fill();
  else card.addEventListener("toggle", fill, { once: true });
  return card;
}

/** A filter that is set, and what takes it away. */
function chosen(condition, state, change) {
  const text = labelOfCondition(condition);
  return make(
    "p",
    { class: "chip" },
    make("bdi", {}, text),
    make(
      "button",
      {
        type: "button", class: "round plain", "aria-label": `${messages.remove}: ${text}`,
        onclick: () => change({ filter: state.filter.filter((other) => other !== condition) }),
      },
      icon(CROSS),
    ),
  );
}

function show({ tracks, facets }, state, change, counted, choices) {
  counted.textContent = messages.left(tracks);
  choices.replaceChildren(
    ...facets
      .filter(({ column, choices: all }) => all.length > 1 || isSet(state, column))
      .map((facet) => (facet.column === "artist" ? artists(facet, state, change) : select(facet, state, change))),
  );
}

const isSet = (state, column) => state.filter.some((condition) => columnOf(condition) === column);
const columnOf = (condition) => condition.match(/year|duration_seconds|artist/)?.[0];

/** Takes a choice: it replaces that of its own facet, but concepts stand side by side. */
function take(column, where, state, change) {
  const others = state.filter.filter((one) => column === "concepts" || columnOf(one) !== column);
  change({ filter: [...new Set([...others, where])] });
}

function select({ column, choices }, state, change) {
  const label = messages.facets[column];
  const box = make(
    "select",
    { "aria-label": label, onchange: () => box.value && take(column, box.value, state, change) },
    make("option", { value: "" }, label),
    ...choices.map(({ where, tracks }) => make("option", { value: where }, `${labelOfCondition(where)} (${tracks})`)),
  );
  return box;
}

function artists({ choices }, state, change) {
  const items = (list) =>
    list.slice(0, 12).map(({ value, where, tracks }) => ({
      children: [make("bdi", {}, value), make("span", { class: "byline" }, tracks)],
      said: `${value}, ${messages.left(tracks)}`,
      choose: () => take("artist", where, state, change),
    }));
  return makeCombobox(messages.facets.artist, async (words, signal) => {
    if (!words) return items(choices);
    const found = (await api.facets(state, words, signal)).facets.find(({ column }) => column === "artist");
    return found ? items(found.choices) : [{ note: messages.noArtist }];
  }, true);
}

/** A choice in words: `1970 <= year < 1980` is the 1970s. */
function labelOfCondition(condition) {
  const [, decade] = condition.match(/^(\d+) <= year/) ?? [];
  if (decade) return messages.decade(decade);
  const [, low, high] = condition.match(/^(\d+) <= duration_seconds(?: < (\d+))?$/) ?? [];
  if (low !== undefined) return messages.minutes(low / 60, high && high / 60);
  const [, artist] = condition.match(/^artist == ["'](.*)["']$/) ?? [];
  if (artist !== undefined) return artist;
  const [, concept] = condition.match(/^(\w+) > 0\.8$/) ?? [];
  return concept ? messages.muchOf(labelOf(concept)) : condition;
}

function expert(state, change) {
  return make(
    "details",
    { class: "expert", open: state.where !== "" },
    make("summary", {}, messages.where),
    make("input", {
      type: "text", value: state.where, placeholder: messages.whereExample, spellcheck: "false",
      "aria-label": messages.where, onchange: (event) => change({ where: event.target.value.trim() }),
    }),
    make("p", { class: "remark" }, messages.whereHint),
  );
}
