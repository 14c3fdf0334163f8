// The list of neighbors: each with its sentence, and a bar whose parts add up to the score.

import { PLUS, icon, make, nameOf, sentenceOn } from "../dom.js";
import { labelOf } from "../labels.js";
import { messages } from "../messages.js";
import { playButton } from "../player.js";
import { why } from "../why/why.js";

const NAMED = 5; // parts of a bar that have a color of their own

/**
 * Shows neighbors.
 *
 * @param found what the server found
 * @param context {library, asked, change, add}: the library's name, the ids of the queries, what
 *   changes the question, and what adds to the playlist
 */
export function neighborList(found, context) {
  const reach = Math.max(...found.neighbors.map((item) => item.similarity), 0.01);
  const kinds = kindsOf(found.neighbors);
  return make(
    "ol",
    { class: "neighbors" },
    ...found.neighbors.map((item) => neighbor(item, reach, kinds, context)),
  );
}

/** The features that matter most in a list, by the place of their color. */
function kindsOf(neighbors) {
  const total = new Map();
  for (const item of neighbors) {
    for (const part of item.explanation?.contributions ?? []) {
      total.set(part.feature, (total.get(part.feature) ?? 0) + Math.max(0, part.value));
    }
  }
  const largest = [...total].sort((one, other) => other[1] - one[1]).slice(0, 8);
  return new Map(largest.map(([feature], place) => [feature, place]));
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
    make("span", { class: "score", title: messages.similarity }, item.similarity.toFixed(2)),
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
  const positive = item.explanation.contributions.filter((part) => part.value > 0);
  const shown = positive.slice(0, NAMED);
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

