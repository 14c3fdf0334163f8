// The list of neighbors: each with its sentence, and a bar whose parts add up to the score.

import { PLUS, icon, make, nameOf, scoreOf, sentenceOn } from "../dom.js";
import { labelOf } from "../labels.js";
import { messages } from "../messages.js";
import { playButton } from "../player.js";
import { why } from "../why/why.js";

const NAMED = 5; // parts of a bar
const COLORS = 8; // in the stylesheet

/**
 * Shows neighbors, below what their colors mean.
 *
 * @param found what the server found
 * @param kinds the colors of features
 * @param context {library, asked, change, add}: the library's name, the ids of the queries, what
 *   changes the question, and what adds to the playlist
 */
export function neighborList(found, kinds, context) {
  const reach = Math.max(...found.neighbors.map((item) => item.similarity), 0.01);
  return [
    barKey(kinds),
    make(
      "ol",
      { class: "neighbors" },
      ...found.neighbors.map((item) => neighbor(item, reach, kinds, context)),
    ),
  ];
}

/** Says what the colors of the bars are; who can't see bars has the sums. */
function barKey(kinds) {
  return make(
    "ul",
    { class: "bar-key", hidden: !kinds.size, title: messages.barKey, "aria-hidden": "true" },
    ...[...kinds].map(([feature, color]) => make("li", { class: `kind-${color}` }, labelOf(feature))),
    make("li", { class: "rest" }, messages.others),
  );
}

/** The features that matter most in a list, each with its color. */
export function kindsOf(neighbors) {
  const total = new Map();
  for (const item of neighbors) {
    for (const { feature, value } of named(item)) total.set(feature, (total.get(feature) ?? 0) + value);
  }
  const ranked = [...total.keys()].sort((one, other) => total.get(other) - total.get(one));
  return new Map(ranked.slice(0, COLORS).map((feature, color) => [feature, color]));
}

/** The largest of what adds to a similarity: the parts of its bar. */
function named(item) {
  return (item.explanation?.contributions ?? []).filter((part) => part.value > 0).slice(0, NAMED);
}

function neighbor(item, reach, kinds, context) {
  const { track } = item;
  const details = make("div", { class: "why", hidden: true });
  const button = make(
    "button",
    {
      type: "button", class: "small", "aria-expanded": "false",
      onclick: async () => {
        const opens = details.hidden;
        button.setAttribute("aria-expanded", String(opens));
        details.hidden = !opens;
        if (opens && !details.hasChildNodes()) details.append(await why(item, context));
      },
    },
    messages.why,
  );
  return make(
    "li",
    { class: "neighbor", data: { id: track.track_id } },
    playButton(track, context.library),
    make(
      "div",
      { class: "body" },
      make(
        "h2",
        {},
        make("bdi", { class: "title" }, track.title),
        track.artist ? make("bdi", { class: "byline" }, track.artist) : null,
      ),
      sentenceOn(item.explanation?.sentence),
      item.explanation ? bar(item, reach, kinds) : null,
      make(
        "div",
        { class: "actions" },
        button,
        action(messages.moreLikeThis, () => context.change({ track: [track.track_id], like: "" })),
        action(messages.addSeed, () => context.change({ track: [...context.asked, track.track_id] })),
        action(messages.notLikeThis, () => context.exclude(track.track_id)),
      ),
    ),
    make("span", { class: "score", title: messages.similarity }, scoreOf(item.similarity)),
    make(
      "button",
      {
        type: "button", class: "round plain", "aria-label": `${messages.addToPlaylist}: ${nameOf(track)}`,
        title: messages.addToPlaylist, onclick: () => context.add(track),
      },
      icon(PLUS),
    ),
    details,
  );
}

function action(text, onclick) {
  return make("button", { type: "button", class: "small text", onclick }, text);
}

/** A bar as long as the similarity: what adds to it in color, the rest in grey. */
function bar(item, reach, kinds) {
  const shown = named(item);
  const taken = shown.reduce((sum, part) => sum + part.value, 0);
  const scale = Math.max(item.similarity, 0) / Math.max(taken, item.similarity, 1e-9);
  const part = (value, kind, text) =>
    make("span", {
      class: `part ${kind}`, title: `${text}: ${value.toFixed(2)}`,
      style: { width: `${(100 * value * scale) / reach}%` },
    });
  return make(
    "div",
    { class: "bar", "aria-hidden": "true" },
    ...shown.map((one) =>
      part(one.value, kinds.has(one.feature) ? `kind-${kinds.get(one.feature)}` : "other", labelOf(one.feature)),
    ),
    taken < item.similarity
      ? part(item.similarity - taken, "rest", messages.others)
      : null,
  );
}

