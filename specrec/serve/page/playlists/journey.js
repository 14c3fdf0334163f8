// A journey: tracks that lead from one sound to another.

import * as api from "../api.js";
import { makeCombobox } from "../combobox.js";
import { CROSS, icon, make, nameOf, withSentence } from "../dom.js";
import { messages } from "../messages.js";
import { playButton } from "../player.js";
import { tracksLike } from "../search.js";
import { addressOf } from "../state.js";
import * as playlist from "./playlist.js";

/** A card that finds a way between the two tracks of a state, else the first and last of the list. */
export function journeyCard(state, { change, fresh }) {
  const { library } = state;
  const ends = [null, null];
  const places = [make("div", { class: "end" }), make("div", { class: "end" })];
  const steps = make("input", { type: "number", min: 2, max: 40, value: 8, "aria-label": messages.stepsOfJourney });
  const said = make("p", { class: "remark", role: "status" });
  const found = make("div", {});
  const labels = [messages.from, messages.to];

  function put(end, track) {
    ends[end] = track;
    places[end].replaceChildren(
      make("span", { class: "label" }, labels[end]),
      track
        ? make(
            "p",
            { class: "chip" },
            make("bdi", {}, nameOf(track)),
            make(
              "button",
              {
                type: "button", class: "round plain", "aria-label": `${messages.remove}: ${nameOf(track)}`,
                onclick: () => put(end, null),
              },
              icon(CROSS),
            ),
          )
        : makeCombobox(labels[end], (words, signal) => tracksLike(words, library, signal, (track) => put(end, track))),
    );
  }

  async function find() {
    if (!ends.every(Boolean)) return (said.textContent = messages.chooseEnds);
    said.textContent = "…";
    try {
      const [start, goal] = ends.map((track) => track.track_id);
      change({ track: [start, goal] }, { keep: true });
      const way = await api.get("/path", { library, start, goal, steps: steps.value });
      said.textContent = [messages.journeyFrom(way.start.title, way.steps.at(-1).track.title, way.steps.length), ...way.notes].join(". ");
      const seen = addressOf({ ...fresh(), view: "map", track: [start, goal] });
      found.replaceChildren(...paintWay(way, library, seen));
    } catch (error) {
      said.textContent = error.message;
      found.replaceChildren();
    }
  }

  async function begin() {
    const { entries } = playlist.current();
    const here = entries.filter((entry) => entry.library === (library || playlist.chosenLibrary()));
    put(0, here.length > 1 ? here[0].track : null);
    put(1, here.length > 1 ? here.at(-1).track : null);
    if (state.track.length !== 2) return;
    try {
      const [start, goal] = await Promise.all(state.track.map((id) => api.track(id, library)));
      put(0, start.track);
      put(1, goal.track);
      find();
    } catch (error) {
      said.textContent = error.message;
    }
  }

  begin();
  return make(
    "section",
    { class: "card journey", "aria-label": messages.journey },
    make("h2", {}, messages.journey),
    make("p", { class: "remark" }, messages.journeyHint),
    ...places,
    make(
      "div",
      { class: "actions" },
      make("label", { class: "steps" }, messages.stepsOfJourney, steps),
      make("button", { type: "button", class: "small strong", onclick: find }, messages.findJourney),
    ),
    said,
    found,
  );
}

function paintWay({ start, steps }, library, seen) {
  const stops = [{ track: start }, ...steps];
  return [
    make(
      "ol",
      { class: "suggestions way" },
      ...stops.map(({ track, explanation }) =>
        make(
          "li",
          { data: { id: track.track_id } },
          playButton(track, library),
          withSentence(track, explanation?.sentence),
        ),
      ),
    ),
    make(
      "div",
      { class: "actions" },
      make(
        "button",
        { type: "button", class: "small strong", onclick: () => addWay(stops.map(({ track }) => track), library) },
        messages.addJourney,
      ),
      make("a", { class: "onward", href: seen }, messages.journeyOnMap),
    ),
  ];
}

/** Puts a way into the list: after its beginning, if that is there, else at the end. */
function addWay(tracks, library) {
  const { entries } = playlist.current();
  const place = entries.findIndex(({ track }) => track.track_id === tracks[0].track_id);
  playlist.addAll(tracks, library, place < 0 ? entries.length : place + 1);
}
