// Why two tracks are alike: the passages to hear, where the reasons are, the sum, and what if.

import * as api from "../api.js";
import { makeCombobox } from "../combobox.js";
import { clock, make, nameOf } from "../dom.js";
import { labelOf } from "../labels.js";
import { messages } from "../messages.js";
import { playPassages } from "../player.js";
import { trackChoice, tracksLike } from "../search.js";
import { mark, spectrogram } from "../spectrogram.js";
import { cellsButton } from "./cells.js";
import { passageMatrix } from "./matrix.js";
import { leadTable, sumTable } from "./sum.js";

const LISTED = 10; // length of the list that "what would have to change" is about
const CHANGES = 3;

/**
 * Explains a neighbor.
 *
 * @param item the neighbor, as the server gives it
 * @param context {library, tracks, isTurned, others}: the library's name, the queries, whether sliders
 *   turned them, and other neighbors, one of which could be asked about
 */
export async function why(item, context) {
  const query = context.tracks[item.seed];
  const parts = make("div", { class: "parts" });
  let match = null;
  if (query?.track_id) {
    try {
      match = await api.explain(query.track_id, item.track.track_id, context.library);
    } catch (error) {
      parts.append(make("p", { class: "problem" }, error.message));
    }
  }
  const explanation = item.explanation ?? match;
  if (!match?.windows) {
    if (explanation) parts.append(sumTable(explanation));
    return parts;
  }
  const frames = [query, item.track].map((track) => spectrogram(track, context.library));
  const times = frames.map(() => make("span", { class: "times" }));
  const point = pointer(match, frames);
  const choose = (...passages) =>
    passages.forEach((passage, place) => {
      mark(frames[place], "passage", [passage]);
      times[place].textContent = ` ${clock(passage.start)}–${clock(passage.end)}`;
    });
  const { section, actions } = passageMatrix(match, query, item.track, context.library, choose);
  actions.append(cellsButton([query, item.track], frames, context.library));
  parts.append(
    make(
      "div",
      { class: "pair" },
      ...[query, item.track].map((track, place) =>
        make("figure", {}, make("figcaption", {}, make("bdi", {}, nameOf(track)), times[place]), frames[place]),
      ),
    ),
    actions,
    ...reasons(match, query, item.track, context.library, point),
    ...(context.isTurned ? [make("p", { class: "remark" }, messages.withoutSliders)] : []),
    make(
      "div",
      { class: "two" },
      section,
      make("div", {}, sumTable(explanation, point), ...changes(match), versus(match, query, item.track, context)),
    ),
  );
  return parts;
}

/** Shows where a feature is in both tracks; with null it shows nothing. */
function pointer(match, frames) {
  return (feature) => {
    const found = match.reasons.find((reason) => reason.feature === feature);
    [found?.query_passages, found?.neighbor_passages].forEach((passages, place) =>
      mark(frames[place], "glow", (passages?.spans ?? []).map(([start, end]) => ({ start, end }))),
    );
  };
}

/** The reasons that have a place in both tracks: to look at shows where, a click plays them. */
function reasons(match, query, near, library, point) {
  const located = match.reasons.filter((reason) => reason.query_passages && reason.neighbor_passages);
  if (!located.length) return [];
  return [
    make(
      "p",
      { class: "reasons" },
      make("span", { class: "remark" }, messages.heardInBoth),
      ...located.map(({ feature, query_passages: one, neighbor_passages: other }) => {
        const leave = () => point(null);
        const sides = [[query, one], [near, other]].filter(([, passages]) => passages.spans.length);
        return make(
          "button",
          {
            type: "button", class: "small", title: messages.playsIt,
            onpointerenter: () => point(feature), onfocus: () => point(feature),
            onpointerleave: leave, onblur: leave,
            onclick: () =>
              playPassages(
                sides.map(([track, { spans: [[start, end]] }]) => ({ track, library, start, end: Math.min(end, start + 8) })),
              ),
          },
          labelOf(feature),
        );
      }),
    ),
  ];
}

/** What would take the track out of the list, or into it: the least changes first. */
function changes({ contributions, changed_percentiles: changed }) {
  const lines = contributions
    .filter(({ feature }) => changed[feature])
    .map((part) => ({ ...part, from: changed[part.feature][0], to: changed[part.feature][1] }))
    .sort((one, other) => Math.abs(one.to - one.from) - Math.abs(other.to - other.from))
    .slice(0, CHANGES)
    .map(({ feature, from, to, rank_before: rank }) =>
      messages.wouldChange(labelOf(feature), Math.round(from), Math.round(to), rank <= LISTED, LISTED),
    );
  return [
    make(
      "details",
      { class: "what-if" },
      make("summary", {}, messages.whatIf),
      lines.length ? make("ul", {}, ...lines.map((text) => make("li", {}, text))) : make("p", { class: "remark" }, messages.noChange),
    ),
  ];
}

/** "Why this one and not that one": another track is chosen, and the lead over it is shown. */
function versus(match, query, near, { library, others = [] }) {
  const answer = make("div", { "aria-live": "polite" });
  const choices = others.filter(({ track_id: id }) => ![near.track_id, query.track_id].includes(id));
  const ask = async (other) => {
    try {
      const found = await api.explain(query.track_id, near.track_id, library, other.track_id);
      const lead = found.similarity - found.versus.similarity;
      answer.replaceChildren(leadTable(messages.leadOver(near.title, other.title), found.versus, lead));
    } catch (error) {
      answer.replaceChildren(make("p", { class: "problem" }, error.message));
    }
  };
  const find = (words, signal) =>
    words ? tracksLike(words, library, signal, ask) : choices.map((track) => trackChoice(track, ask));
  return make(
    "details",
    { class: "what-if" },
    make("summary", {}, messages.whyNot),
    makeCombobox(messages.anotherTrack, find, true),
    answer,
  );
}
