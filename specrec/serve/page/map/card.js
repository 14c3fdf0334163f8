// What is said beside the map: of one track and its neighbors, of a path, of the tracks in a lasso.

import { CROSS, PLUS, clock, icon, make, nameOf, scoreOf } from "../dom.js";
import { labelOf } from "../labels.js";
import { messages } from "../messages.js";
import { playButton } from "../player.js";
import * as playlist from "../playlists/playlist.js";

const HEARD = 4; // concepts that are named of a track
const LISTED = 200; // tracks of a lasso that are listed

/** Names of what is heard longest in a track. */
export function heardIn(details) {
  return details.heard.slice(0, HEARD).map(({ concept }) => labelOf(concept));
}

/**
 * A track, with its nearest neighbors.
 *
 * @param details the track and what is heard in it
 * @param neighbors the tracks nearest to it, or null while they are looked for
 * @param context {library, open(id), explore(id), link(id), choosePath(), close()}
 */
export function trackCard(details, neighbors, context) {
  const { track } = details;
  const { library } = context;
  return [
    head(
      playButton(track, library, "large"),
      track.title,
      [[track.artist, track.album, track.year].filter(Boolean).join(" · "), clock(track.duration_seconds)],
      context.close,
    ),
    make("p", { class: "heard" }, ...heardIn(details).map((name) => make("span", { class: "tag" }, name))),
    make(
      "div",
      { class: "actions" },
      make("a", { class: "small", href: context.link(track.track_id), onclick: (event) => context.explore(event, track.track_id) }, messages.moreLikeThis),
      action(messages.addToPlaylist, () => playlist.add(track, library)),
      action(messages.mapPathFrom, context.choosePath),
    ),
    make("h3", {}, messages.mapNearest),
    neighbors
      ? make("ol", { class: "rows" }, ...neighbors.map((item) => row(item.track, context, scoreOf(item.similarity))))
      : make("p", { class: "remark" }, messages.mapLooking),
  ];
}

/** A path: its tracks in order. */
export function pathCard(tracks, notes, context) {
  return [
    head(null, messages.mapPath, [messages.mapPathOf(tracks[0].title, tracks.at(-1).title)], context.close),
    make(
      "div",
      { class: "actions" },
      action(messages.mapAddPath(tracks.length), () => playlist.addAll(tracks, context.library), "hear"),
    ),
    ...notes.map((note) => make("p", { class: "remark" }, note)),
    make("ol", { class: "rows numbered" }, ...tracks.map((track) => row(track, context))),
  ];
}

/** The tracks that sound most like words. */
export function alikeCard(words, neighbors, context) {
  const tracks = neighbors.map(({ track }) => track);
  return [
    head(null, `“${words}”`, [messages.mapAlike(tracks.length)], context.close),
    make(
      "div",
      { class: "actions" },
      action(messages.mapAdd(tracks.length), () => playlist.addAll(tracks, context.library), "hear"),
    ),
    make("ol", { class: "rows" }, ...neighbors.map(({ track, similarity }) => row(track, context, scoreOf(similarity)))),
  ];
}

/** The tracks in a lasso, and what they have in common; `found` is null while that is looked for. */
export function lassoCard(count, found, problem, context) {
  const parts = [head(null, messages.listOf(count), [messages.mapWithin], context.close)];
  if (problem) return [...parts, make("p", { class: "problem", role: "alert" }, problem)];
  if (!found) return [...parts, make("p", { class: "remark" }, messages.mapLooking)];
  return [
    ...parts,
    make(
      "div",
      { class: "actions" },
      action(messages.mapAdd(count), () => playlist.addAll(found.tracks, context.library), "hear"),
    ),
    make("h3", {}, messages.mapCommon),
    found.common.length ? make("p", { class: "remark" }, messages.mapAbove) : null,
    found.common.length
      ? make("ul", { class: "common" }, ...found.common.toSorted((one, other) => shareOf(other) - shareOf(one)).map(common))
      : make("p", { class: "remark" }, messages.mapNothingCommon),
    make("h3", {}, messages.mapTracks),
    make("ol", { class: "rows" }, ...found.tracks.slice(0, LISTED).map((track) => row(track, context))),
    count > LISTED ? make("p", { class: "remark" }, messages.mapAndMore(count - LISTED)) : null,
  ];
}

/** What tracks have more of than the library, or less: how much of the library they go beyond. */
function common(item) {
  const { name } = item;
  const share = shareOf(item);
  return make(
    "li",
    {},
    make("span", { class: "name" }, name),
    make("span", { class: "lane", "aria-hidden": "true" }, make("span", { class: "part", style: { width: `${100 * share}%` } })),
    make("span", { class: "remark" }, `${Math.round(100 * share)} %`),
  );
}

const shareOf = ({ above }) => Math.max(above, 1 - above);

function head(button, title, lines, close) {
  return make(
    "header",
    {},
    button,
    make(
      "div",
      { class: "names" },
      make("h2", { tabindex: "-1" }, make("bdi", {}, title)),
      make("p", { class: "byline" }, ...lines.filter(Boolean).map((line, place) => make("bdi", {}, place ? ` ${line}` : line))),
    ),
    make("button", { type: "button", class: "round plain", "aria-label": messages.close, onclick: close }, icon(CROSS)),
  );
}

function row(track, context, remark = "") {
  return make(
    "li",
    {},
    playButton(track, context.library),
    make(
      "button",
      { type: "button", class: "names", onclick: () => context.open(track.track_id), onpointerenter: () => context.mark(track.track_id), onpointerleave: () => context.mark(null) },
      make("bdi", { class: "title" }, track.title),
      make("bdi", { class: "byline" }, track.artist ?? ""),
    ),
    remark ? make("span", { class: "remark", title: messages.similarity }, remark) : null,
    make(
      "button",
      {
        type: "button", class: "round plain", "aria-label": `${messages.addToPlaylist}: ${nameOf(track)}`,
        title: messages.addToPlaylist, onclick: () => playlist.add(track, context.library),
      },
      icon(PLUS),
    ),
  );
}

function action(text, onclick, kind = "small") {
  return make("button", { type: "button", class: kind, onclick }, text);
}
