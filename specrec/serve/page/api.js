// What the page asks the server. Errors are problem details (RFC 9457).

import { pause, reach } from "./connection.js";
import { messages } from "./messages.js";

const ROOT = "/api/v1";

/** A request that the server answered with a problem. */
export class Problem extends Error {}

/** Asks until there is an answer: while the server is away, or computes it (202), or is busy. */
async function ask(path, parameters = {}, signal = undefined, options = {}) {
  for (let busy = 0; ; ) {
    const answer = await reach(`${ROOT}${path}${queryOf(parameters)}`, { signal, ...options });
    if (answer.ok && answer.status !== 202) return answer.json();
    if (answer.status === 503) busy += 1;
    if (!answer.ok && (answer.status !== 503 || busy > 3)) throw await problemOf(answer);
    await pause(Number(answer.headers.get("Retry-After")) || 1, signal);
  }
}

async function problemOf(answer) {
  const problem = await answer.json().catch(() => ({}));
  const told = new Problem(messages.problem(problem.detail ?? answer.statusText));
  return Object.assign(told, { status: answer.status, detail: problem.detail ?? answer.statusText });
}

/** Asks for a document by its path: it may take long. */
export const get = ask;

/**
 * Changes something on the server: once, for what seems to have failed may have been done.
 *
 * @param how {parameters, body, version}: a body is sent as JSON; a version is what may be replaced
 */
export async function send(method, path, { parameters = {}, body, version } = {}) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  if (version) headers["If-Match"] = `"${version}"`;
  const options = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
  const answer = await fetch(`${ROOT}${path}${queryOf(parameters)}`, options).catch(() => {
    throw new Problem(messages.notReached);
  });
  if (!answer.ok) throw await problemOf(answer);
  return answer.status === 204 ? null : answer.json();
}

/** Says why a picture or a sound can't be had; null if the server gives it. */
export async function fault(url) {
  const answer = await reach(url, { headers: { Range: "bytes=0-0" } });
  if (!answer.ok) return (await problemOf(answer)).message;
  answer.body?.cancel();
  return null;
}

function queryOf(parameters) {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value].flat()) {
      if (one !== "" && one !== null && one !== undefined && one !== false) said.append(name, one);
    }
  }
  const query = said.toString();
  return query ? `?${query}` : "";
}

export const libraries = () => ask("/libraries");
export const concepts = (library) => ask("/concepts", { library });
export const search = (q, library, signal) => ask("/tracks", { q, library, limit: 12 }, signal);
/** Some tracks at random. */
export async function anyTracks(count, library) {
  const page = (offset, limit) => ask("/tracks", { library, offset, limit });
  const { total } = await page(0, 1);
  const places = new Set(Array.from({ length: count }, () => Math.floor(Math.random() * total)));
  const pages = await Promise.all([...places].map((place) => page(place, 1)));
  return pages.flatMap(({ tracks }) => tracks);
}

export const track = (id, library) => ask(`/tracks/${encodeURIComponent(id)}`, { library });
export const explain = (query, neighbor, library, versus = "") =>
  ask("/explain", { track_id: query, neighbor_id: neighbor, versus_id: versus, library });
export const cells = (id, other, library, signal) =>
  ask("/explain/cells", { track_id: id, other_id: other, library }, signal);
export const facets = (state, artist = "", signal = undefined) =>
  ask("/facets", { library: state.library, where: conditionOf(state), artist }, signal);

// The map
export const mapPoints = (library, method, signal) => ask("/map/points", { library, method }, signal);
export const mapPlaces = (library, method, signal) => ask("/map/places", { library, method }, signal);
export const clusters = (library, signal) => ask("/clusters", { library }, signal);
export const columns = (library, signal) => ask("/columns", { library }, signal);
export const column = (name, library, signal) => ask(`/columns/${encodeURIComponent(name)}`, { library }, signal);
export const find = (q, library, limit) => ask("/tracks", { q, library, limit });
export const nearestTo = (id, k, library, signal) =>
  ask("/neighbors", { track_id: id, k, library, explain: "false" }, signal);
export const likeWords = (like, k, library) => ask("/neighbors", { like, k, library, explain: "false" });
export const path = (start, goal, library, signal) =>
  ask("/path", { start, goal, library, explain: "false" }, signal);
/** Some tracks and, if that is wanted, what they have in common. */
export const selection = (ids, library, common, signal) =>
  ask("/selection", { library, common: String(common) }, signal, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ track_ids: ids }),
  });

export const audioOf = (id, library) => `${trackOf(id)}/audio${queryOf({ library })}`;
export const spectrogramOf = (id, library, seconds) =>
  `${trackOf(id)}/spectrogram.png${queryOf({ library, seconds })}`;

const trackOf = (id) => `${ROOT}/tracks/${encodeURIComponent(id)}`;

/** The neighbors that a state asks for. */
export const neighbors = (state, k, signal) => ask("/neighbors", { ...searchOf(state), k }, signal);

/** The similarities of the first neighbors alone. */
export const similarities = async (state, k, signal) =>
  (await ask("/neighbors", { ...searchOf(state), k, explain: "false" }, signal)).neighbors.map(
    (item) => item.similarity,
  );

/** Where tracks stand in the answer to a state: those with some ids, or all that fit words. */
export const standings = async (state, { of = [], q = "" }, k, signal) =>
  (await ask("/standings", { ...searchOf(state), of, q, k }, signal)).standings;

function searchOf(state) {
  return {
    library: state.library,
    track_id: state.track,
    against: state.not,
    like: state.like,
    ...stepsOf(state.steer),
    where: conditionOf(state),
    by: state.by,
    weight: state.by
      ? Object.entries(state.weights).map(([feature, weight]) => `${feature}=${weight}`)
      : [],
    other_artists: state.other_artists,
    per_artist: state.per_artist ? 1 : "",
    fewer_hubs: state.fewer_hubs,
    diversity: state.diversity || "",
  };
}

/** What was chosen as filters and what was written, as one condition. */
function conditionOf(state) {
  const parts = [...state.filter, ...(state.where ? [state.where] : [])];
  return parts.length < 2 ? parts.join("") : parts.map((part) => `(${part})`).join(" and ");
}

/** A step more or less is said by naming a concept once more. */
function stepsOf(steer) {
  const said = { more: [], less: [] };
  for (const [concept, steps] of Object.entries(steer)) {
    const list = steps > 0 ? said.more : said.less;
    list.push(...Array(Math.abs(steps)).fill(concept.replaceAll("_", " ")));
  }
  return said;
}

/** Tracks by their ids, in a map; those that the library does not hold are not in it. */
export async function tracksOf(ids, library) {
  const parts = Array.from({ length: Math.ceil(ids.length / 100) }, (_, place) => ids.slice(100 * place, 100 * (place + 1)));
  const found = await Promise.all(
    parts.map((part) => ask("/tracks", { library, where: `track_id in [${part.map((id) => JSON.stringify(id))}]`, limit: 100 })),
  );
  return new Map(found.flatMap(({ tracks }) => tracks).map((one) => [one.track_id, one]));
}
