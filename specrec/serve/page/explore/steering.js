// The sliders: more or less of a sound or, where features are compared, what counts how much.

import { make } from "../dom.js";
import { labelOf } from "../labels.js";
import { messages } from "../messages.js";

const SUGGESTED = 6; // sliders that are there from the beginning
const wide = () => matchMedia("(min-width: 60rem)").matches;

/**
 * Shows sliders that ask for more or less of a concept.
 *
 * @param cost the element that says what they cost
 */
export function steering(state, suggested, all, change, cost) {
  const turned = Object.keys(state.steer).filter((name) => state.steer[name]);
  const names = [...new Set([...turned, ...suggested])].slice(0, Math.max(SUGGESTED, turned.length));
  const more = make(
    "select",
    {
      "aria-label": messages.addConcept,
      onchange: () => more.value && change({ steer: { ...state.steer, [more.value]: 1 } }),
    },
    make("option", { value: "" }, messages.addConcept),
    ...all.filter(({ name }) => !names.includes(name)).map(({ name, label }) => make("option", { value: name }, label)),
  );
  return panel(
    messages.steer,
    wide() || turned.length > 0,
    make("p", { class: "ends", "aria-hidden": "true" }, make("span", {}, messages.less), make("span", {}, messages.moreOf)),
    make("div", { class: "sliders" }, ...names.map((name) => balance(name, state, change))),
    cost,
    more,
    make("button", { type: "button", class: "small reset", onclick: () => change({ steer: {} }) }, messages.reset),
  );
}

function panel(title, open, ...children) {
  return make("details", { class: "card", open }, make("summary", {}, title), ...children);
}

function balance(name, state, change) {
  const value = state.steer[name] ?? 0;
  const label = labelOf(name);
  return slider(label, { class: "balance", min: -3, max: 3, step: 1, value }, messages.lessMore, value !== 0, (next) =>
    change({ steer: { ...state.steer, [name]: next } }, { keep: true }),
  );
}

/** Shows sliders that say how much each measured feature counts. */
export function weighing(state, features, change) {
  return panel(
    messages.weigh,
    wide() || Object.keys(state.weights).length > 0,
    make("p", { class: "ends", "aria-hidden": "true" }, make("span", {}, messages.notAtAll), make("span", {}, messages.fourTimes)),
    make(
      "div",
      { class: "sliders" },
      ...features.map((name) => {
        const value = state.weights[name] ?? 1;
        return slider(labelOf(name), { min: 0, max: 4, step: 0.5, value }, messages.counts, value !== 1, (next) =>
          change({ weights: { ...state.weights, [name]: next } }, { keep: true }),
        );
      }),
    ),
  );
}

function slider(label, range, say, isTurned, turn) {
  const input = make("input", {
    type: "range", ...range, "aria-label": label, "aria-valuetext": say(label, range.value), style: { "--at": range.value },
    oninput: () => {
      const value = Number(input.value);
      input.style.setProperty("--at", value);
      input.setAttribute("aria-valuetext", say(label, value));
      line.classList.toggle("turned", value !== (range.min < 0 ? 0 : 1));
      turn(value);
    },
  });
  const line = make("label", { class: isTurned ? "slider turned" : "slider" }, make("span", { title: label }, label), input);
  return line;
}
