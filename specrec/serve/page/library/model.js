// What changed last, what the model is, and what it names, in plain words.

import { make, nameOf } from "../dom.js";
import { messages } from "../messages.js";
import { playButton } from "../player.js";
import { addressOf } from "../state.js";

const SHOWN = 5; // tracks of each kind
// How well a concept is told: from this area under the curve on.
const SURENESS = [[0.95, "verySure"], [0.9, "sure"], [0.8, "fairlySure"], [-1, "unsure"]];

/** A card that says what the last update changed. */
export function changesCard({ since, added, gone, renewed, refused }, library) {
  if (!since) return null;
  const parts = [
    [messages.addedTracks, added], [messages.goneTracks, gone], [messages.renewedTracks, renewed],
  ].filter(([, { total }]) => total > 0);
  return make(
    "section",
    { class: "card", "aria-label": messages.changes },
    make("h2", {}, messages.changes),
    make("p", { class: "remark" }, messages.changedBetween(new Date(since))),
    ...parts.map(([name, { total, tracks }]) =>
      make(
        "div",
        {},
        make("h3", {}, name(total)),
        make("ul", { class: "lines" }, ...tracks.slice(0, SHOWN).map((track) => line(track, name !== messages.goneTracks, library))),
        total > SHOWN ? make("p", { class: "remark" }, messages.andMore(total - SHOWN)) : null,
      ),
    ),
    refused.length ? make("p", {}, messages.refusedFiles(refused.map(({ path }) => path).slice(0, SHOWN).join(", "))) : null,
    parts.length || refused.length ? null : make("p", {}, messages.noChanges),
  );
}

function line(track, isHere, library) {
  return make("li", {}, isHere ? playButton(track, library) : null, make("bdi", { class: "names" }, nameOf(track)));
}

/** A card with the model; a concept is a link to what sounds so, in a state that asks nothing else. */
export function modelCard(model, fresh) {
  const concepts = model.concepts.filter(({ family }) => family !== "measured");
  return make(
    "section",
    { class: "card", "aria-label": messages.model },
    make("h2", {}, messages.model),
    make("p", {}, messages.modelHears(model.name, model.window_seconds, model.dimensions)),
    ...model.training.map((text) => make("p", {}, text)),
    model.created ? make("p", { class: "remark" }, messages.modelMade(model.created, model.license)) : null,
    model.figures.length
      ? make(
          "details",
          { data: { part: "figures" } },
          make("summary", {}, messages.howGood),
          ...figures(model.protocol && messages.measuredOn(model.protocol), model.figures.filter(({ low }) => low !== null)),
          ...figures(messages.measuredInTraining, model.figures.filter(({ low }) => low === null)),
        )
      : null,
    concepts.length
      ? make(
          "details",
          { data: { part: "concepts" }, open: matchMedia("(min-width: 60rem)").matches },
          make("summary", {}, messages.whatItNames(concepts.length)),
          make("p", { class: "remark" }, messages.sureHint),
          ...sureness(concepts, fresh).filter(Boolean),
        )
      : null,
  );
}

function figures(remark, list) {
  if (!list.length) return [];
  return [make("p", { class: "remark" }, remark), make("table", { class: "plain" }, make("tbody", {}, ...list.map(figure)))];
}

function figure({ name, value, low, high }) {
  const between = low === null ? "" : ` (${low.toFixed(2)}–${high.toFixed(2)})`;
  return make("tr", {}, make("th", { scope: "row" }, name), make("td", { class: "number" }, `${value.toFixed(2)}${between}`));
}

function sureness(concepts, fresh) {
  return SURENESS.map(([floor, name], place) => {
    const roof = place ? SURENESS[place - 1][0] : Infinity;
    const here = concepts.filter(({ auc }) => (auc ?? 0) >= floor && (auc ?? 0) < roof);
    if (!here.length) return null;
    return make(
      "div",
      { class: "sureness" },
      make("h3", {}, messages[name]),
      make("ul", {}, ...here.map((one) => make("li", {}, concept(one, fresh)))),
    );
  });
}

function concept({ name, auc, r2, r2_low: low, r2_high: high, said, tracks }, fresh) {
  const figures = messages.conceptFigures(auc === null ? null : auc.toFixed(2), r2.toFixed(2), low.toFixed(2), high.toFixed(2));
  return make(
    said ? "a" : "span",
    { class: "concept", title: figures, href: said ? addressOf({ ...fresh, like: name }) : null },
    name,
    tracks ? make("span", { class: "byline" }, ` ${messages.surelyIn(tracks)}`) : null,
    make("span", { class: "quiet" }, ` (${figures})`),
  );
}

/** Further facts, by name. */
export function factsCard({ facts }) {
  return make(
    "dl",
    { class: "facts" },
    ...Object.entries(facts).map(([name, fact]) => make("div", {}, make("dt", {}, name), make("dd", {}, fact))),
  );
}
