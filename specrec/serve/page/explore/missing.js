// Why a track that one expected is not among the neighbors.

import * as api from "../api.js";
import { clock, make, scoreOf, titleAndArtist } from "../dom.js";
import { messages } from "../messages.js";
import { playButton } from "../player.js";
import { why } from "../why/why.js";

/**
 * Asks for words, and says of each track and file that fits where it stands.
 *
 * @param state what is asked
 * @param count how many neighbors are shown
 * @param context as for `why`
 */
export function missing(state, count, context) {
  const box = make("input", { type: "search", "aria-label": messages.missingWords, placeholder: messages.missingWords });
  const answer = make("div", { "aria-live": "polite" });
  const ask = async (event) => {
    event.preventDefault();
    const words = box.value.trim();
    if (!words) return;
    try {
      const found = await api.standings(state, { q: words }, count);
      answer.replaceChildren(
        found.length
          ? make("ul", { class: "standings" }, ...found.map((one) => standing(one, context)))
          : make("p", { class: "remark" }, messages.noSuchTrack(words)),
      );
    } catch (error) {
      answer.replaceChildren(make("p", { class: "problem" }, error.message));
    }
  };
  return make(
    "details",
    { class: "missing" },
    make("summary", {}, messages.missing),
    make("form", { role: "search", "aria-label": messages.missing, onsubmit: ask }, box, make("button", { class: "small" }, messages.lookUp)),
    answer,
  );
}

function standing({ track, path, detail, similarity, state }, context) {
  if (!track) {
    return make("li", {}, make("span", { class: "names" }, make("bdi", { class: "title" }, path), make("span", { class: "remark" }, detail)));
  }
  const details = make("div", { class: "why", hidden: true });
  const canExplain = state !== "asked" && similarity !== null && context.tracks.length > 0;
  const button = make(
    "button",
    {
      type: "button", class: "small", "aria-expanded": "false",
      onclick: async () => {
        details.hidden = !details.hidden;
        button.setAttribute("aria-expanded", String(!details.hidden));
        if (!details.hasChildNodes()) details.append(await why({ track, seed: 0, explanation: null }, context));
      },
    },
    messages.why,
  );
  return make(
    "li",
    {},
    playButton(track, context.library),
    make(
      "span",
      { class: "names" },
      make("span", {}, titleAndArtist(track), " ", make("span", { class: "byline" }, clock(track.duration_seconds))),
      make("span", { class: "remark" }, detail),
    ),
    similarity === null ? null : make("span", { class: "score", title: messages.similarity }, scoreOf(similarity)),
    canExplain ? button : null,
    details,
  );
}
