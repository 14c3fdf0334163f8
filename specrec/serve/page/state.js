// What is asked, as the address says it: every state of the page is a link.

const LISTS = ["track", "not", "filter"];
const TEXTS = ["view", "library", "like", "where", "by", "color", "arranged"];
const FLAGS = ["other_artists", "per_artist", "fewer_hubs"];

/** Reads what an address asks for. */
export function readState(search = location.search) {
  const given = new URLSearchParams(search);
  const state = { steer: {}, weights: {}, diversity: Number(given.get("diversity")) || 0 };
  for (const name of LISTS) state[name] = given.getAll(name).filter(Boolean);
  for (const name of TEXTS) state[name] = given.get(name) ?? "";
  for (const name of FLAGS) state[name] = given.has(name);
  for (const entry of given.getAll("steer")) {
    const [, concept, steps] = entry.match(/^(.*):(-?[1-3])$/) ?? [];
    if (concept) state.steer[concept] = Number(steps);
  }
  for (const entry of given.getAll("weight")) {
    const [, feature, weight] = entry.match(/^(.*):(\d+(?:\.\d+)?)$/) ?? [];
    if (feature) state.weights[feature] = Number(weight);
  }
  return state;
}

/** Writes a state as an address. */
export function addressOf(state) {
  const said = new URLSearchParams();
  for (const name of TEXTS) if (state[name]) said.set(name, state[name]);
  for (const name of LISTS) for (const id of state[name]) said.append(name, id);
  for (const [concept, steps] of Object.entries(state.steer)) {
    if (steps) said.append("steer", `${concept}:${steps}`);
  }
  for (const [feature, weight] of Object.entries(state.weights)) {
    if (weight !== 1) said.append("weight", `${feature}:${weight}`);
  }
  for (const name of FLAGS) if (state[name]) said.set(name, "1");
  if (state.diversity) said.set("diversity", state.diversity);
  const query = said.toString();
  return query ? `/?${query}` : "/";
}

/** Whether a state asks for anything. */
export function asks(state) {
  return state.track.length > 0 || state.like !== "";
}
