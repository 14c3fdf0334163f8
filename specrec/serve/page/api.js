// What the page asks the server. Errors are problem details (RFC 9457).

import { messages } from "./messages.js";

const ROOT = "/api/v1";

/** A request that the server answered with a problem, or did not answer. */
export class Problem extends Error {}

async function ask(path, parameters = {}, signal = undefined) {
  let answer;
  try {
    answer = await fetch(`${ROOT}${path}${queryOf(parameters)}`, { signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(messages.away);
  }
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => ({}));
  throw new Problem(messages.problem(problem.detail ?? answer.statusText));
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
export const track = (id, library) => ask(`/tracks/${encodeURIComponent(id)}`, { library });
export const explain = (query, neighbor, library) =>
  ask("/explain", { track_id: query, neighbor_id: neighbor, library });

export const audioOf = (id, library) => `${trackOf(id)}/audio${queryOf({ library })}`;
export const spectrogramOf = (id, library, seconds) =>
  `${trackOf(id)}/spectrogram.png${queryOf({ library, seconds })}`;

const trackOf = (id) => `${ROOT}/tracks/${encodeURIComponent(id)}`;

/** The neighbors that a state asks for. */
export function neighbors(state, k, signal) {
  return ask("/neighbors", {
    library: state.library,
    track_id: state.track,
    against: state.not,
    like: state.like,
    ...stepsOf(state.steer),
    where: state.where,
    by: state.by,
    other_artists: state.other_artists,
    per_artist: state.per_artist ? 1 : "",
    fewer_hubs: state.fewer_hubs,
    diversity: state.diversity || "",
    k,
  }, signal);
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
