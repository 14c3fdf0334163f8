// Why two tracks are alike: the passages to hear, where the reasons are, the sum, and what if.

import * as api from "./api.js";
import { cellsButton } from "./cells.js";
import { makeCombobox } from "./combobox.js";
import { clock, make, nameOf } from "./dom.js";
import { labelOf } from "./labels.js";
import { passageMatrix } from "./matrix.js";
import { messages } from "./messages.js";
import { playPassages } from "./player.js";
import { trackChoice, tracksLike } from "./search.js";
import { mark, spectrogram } from "./spectrogram.js";
import { leadTable, sumTable } from "./sum.js";

const LISTED = 10; // length of the list that "what would have to change" is about
const CHANGES = 4;

/**
 * Explains a neighbor.
 *
 * @param item the neighbor, as the server gives it
 * @param context {library, tracks, by, others}: the library's name, the queries, what tracks are
 *   compared by, and other neighbors, one of which could be asked about
 */
export async function why(item, context) {
  const query = context.tracks[item.seed];
  const parts = make("div", { class: "parts" });
  let match = null;
  if (query?.track_id) {
    try {
      match = await api.explain(query.track_id, item.track.track_id, context.library, "", context.by);
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
  parts.append(
    make(
      "div",
      { class: "pair" },
      ...[query, item.track].map((track, place) =>
        make("figure", {}, make("figcaption", {}, make("bdi", {}, nameOf(track)), times[place]), frames[place]),
      ),
    ),
    ...reasons(match, query, item.track, context.library, point),
    cellsButton([query, item.track], frames, context.library),
    make(
      "div",
      { class: "two" },
      passageMatrix(match, query, item.track, context.library, choose),
      sumTable(explanation, point),
    ),
    ...changes(match),
    versus(match, query, item.track, context),
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

/** What the rank would be without a reason, and what would take the track out of the list. */
function changes({ contributions, reasons: said }) {
  const causes = new Set(said.filter((reason) => reason.verdict === "because").map((reason) => reason.feature));
  const lines = contributions
    .filter((part) => part.members.some((member) => causes.has(member)) || part.needed_change)
    .sort((one, other) => other.value - one.value)
    .slice(0, CHANGES)
    .flatMap((part) => {
      const name = labelOf(part.feature);
      const { rank_before: before, rank_after: after, needed_change: needed } = part;
      return [
        before === null || after === null || before === after ? null : messages.rankWithout(name, before, after),
        needed ? messages.wouldLeave(name, needed[1] > needed[0], before <= LISTED, LISTED) : null,
      ];
    })
    .filter(Boolean);
  if (!lines.length) return [];
  return [
    make(
      "details",
      { class: "what-if" },
      make("summary", {}, messages.whatIf),
      make("ul", {}, ...lines.map((text) => make("li", {}, text))),
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
