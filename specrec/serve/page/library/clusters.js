// The library in clusters: each with its name and typical tracks to hear.

import * as api from "../api.js";
import { make, titleAndArtist } from "../dom.js";
import { messages } from "../messages.js";
import { playButton } from "../player.js";
import * as playlist from "../playlists/playlist.js";
import { addressOf } from "../state.js";

const TYPICAL = 3; // tracks of a cluster
const LISTED = 200; // tracks that a condition names

/** A section whose clusters come when they are computed. */
export function clusterCards(library, fresh) {
  const list = make("ol", { class: "clusters" });
  const said = make("p", { class: "remark", role: "status" }, messages.computing);
  fill(library, list, said);
  return make(
    "section",
    { class: "card", "aria-label": messages.clusters },
    make("h2", {}, messages.clusters),
    said,
    list,
    make("a", { class: "onward", href: addressOf({ ...fresh, view: "map", color: "clusters" }) }, messages.onTheMap),
  );
}

async function fill(library, list, said) {
  try {
    const found = await api.get("/clusters", { library });
    const typical = found.clusters.map((cluster) => cluster.typical.slice(0, TYPICAL));
    const tracks = await api.tracksOf(typical.flat(), library);
    const members = membersOf(found);
    said.textContent = found.convincing ? messages.clustersClear : messages.clustersVague;
    list.replaceChildren(
      ...found.clusters.map((cluster, place) =>
        card(cluster, place + 1, typical[place].map((id) => tracks.get(id)).filter(Boolean), members[place], library),
      ),
    );
  } catch (error) {
    said.textContent = error.message;
  }
}

function membersOf({ clusters, cluster_of_track: numbers }) {
  const members = clusters.map((cluster) => [...cluster.typical]);
  const first = clusters.map((cluster) => new Set(cluster.typical));
  for (const [id, number] of Object.entries(numbers)) if (!first[number - 1].has(id)) members[number - 1].push(id);
  return members;
}

function card(cluster, number, tracks, members, library) {
  const all = make("ul", { class: "lines" });
  return make(
    "li",
    { data: { cluster: number } },
    make("h3", {}, cluster.name),
    make("p", { class: "byline" }, messages.clusterSize(cluster.size, Math.round(100 * cluster.share))),
    make("ul", { class: "lines" }, ...tracks.map((track) => line(track, library))),
    make(
      "details",
      { data: { part: `cluster-${number}` }, ontoggle: (event) => event.target.open && !all.hasChildNodes() && list(members, tracks, all, library) },
      make("summary", {}, messages.allOfThem),
      all,
    ),
  );
}

async function list(members, shown, all, library) {
  const there = new Set(shown.map(({ track_id }) => track_id));
  const ids = members.slice(0, LISTED).filter((id) => !there.has(id));
  try {
    const tracks = await api.tracksOf(ids, library);
    const listed = ids.map((id) => tracks.get(id)).filter(Boolean);
    all.replaceChildren(
      make(
        "li",
        {},
        make(
          "button",
          { type: "button", class: "small", onclick: () => playlist.addAll([...shown, ...listed], library) },
          messages.addThem(shown.length + listed.length),
        ),
      ),
      ...listed.map((track) => line(track, library)),
    );
  } catch (error) {
    all.replaceChildren(make("li", { class: "problem" }, error.message));
  }
}

function line(track, library) {
  return make(
    "li",
    {},
    playButton(track, library),
    make("span", { class: "names" }, titleAndArtist(track)),
  );
}
