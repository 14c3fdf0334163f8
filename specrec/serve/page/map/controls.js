// What stands on the map besides it: by what it is colored and arranged, and its tools.

import { icon, make } from "../dom.js";
import { messages } from "../messages.js";
import { legend } from "./colors.js";
import { CLUSTERS } from "./data.js";

const LASSO = "M8 2c3.6 0 6.5 1.7 6.5 4S11.6 10 8 10c-.7 0-1.400-.1-2-.2.3.5.4 1 .2 1.500-.3.9-1.200 1.200-1.200 2.200h-1.500c0-1.600 1.200-1.900 1.300-2.600.1-.4-.4-1.100-1-1.500C2.300 8.700 1.500 7.500 1.500 6c0-2.300 2.900-4 6.500-4zm0 1.500C5 3.500 3 4.700 3 6s2 2.500 5 2.500S13 7.300 13 6 11 3.500 8 3.500z";
const EAR = "M2 6v4h2.500L8 13V3L4.500 6zm7.500-.8v5.600c1-.5 1.700-1.600 1.700-2.800s-.7-2.300-1.700-2.800zm0-2.900v1.600C11.300 4.500 12.600 6.100 12.600 8s-1.300 3.500-3.100 4.100v1.600C12.200 13 14.100 10.700 14.100 8S12.200 3 9.500 2.300z";
const MORE = "M7 2h2v5h5v2H9v5H7V9H2V7h5z";
const LESS = "M2 7h12v2H2z";
const ALL = "M2 2h4v1.600H3.600V6H2zm8 0h4v4h-1.600V3.600H10zM2 10h1.600v2.400H6V14H2zm10.400 0H14v4h-4v-1.600h2.400z";

/** Chooses by what the map is colored and arranged; `change({color})` and `change({arranged})` do so. */
export function looks(columns, state, change) {
  const kinds = [
    ["concept", messages.mapSounds], ["feature", messages.measured],
    ["text", messages.mapTags], ["number", messages.mapNumbers],
  ];
  const option = (value, text) => make("option", { value, selected: value === state.color }, text);
  const color = make(
    "select",
    { onchange: () => change({ color: color.value }) },
    ...kinds.map(([kind, label]) => [label, columns.filter((column) => column.kind === kind)])
      .filter(([, own]) => own.length)
      .map(([label, own]) => make("optgroup", { label }, ...own.map(({ column, name }) => option(column, name)))),
    make("optgroup", { label: messages.mapGroups }, option(CLUSTERS, messages.mapClusters)),
  );
  const arranged = make(
    "select",
    { onchange: () => change({ arranged: arranged.value }) },
    ...[["", messages.mapByNeighbors], ["pca", messages.mapByAxes]].map(([value, text]) =>
      make("option", { value, selected: value === state.arranged }, text),
    ),
  );
  return [
    make("label", {}, make("span", {}, messages.mapColor), color),
    make("div", { class: "legend-at" }),
    make("label", {}, make("span", {}, messages.mapArranged), arranged),
    make("p", { class: "remark arranging", role: "status", hidden: true }, messages.mapArranging),
  ];
}

/** Puts the legend of a column into its place. */
export function showLegend(panel, column, shown, showOnly) {
  panel.querySelector(".legend-at")?.replaceChildren(...[legend(column, shown, showOnly)].filter(Boolean));
}

/** The tools: buttons that are pressed or not, and such that do something. */
export function tools({ draw, listen, enlarge, fit }) {
  const toggle = (tool, path, text, on) => {
    const button = make(
      "button",
      {
        type: "button", class: "tool", data: { tool }, "aria-pressed": "false", "aria-label": text, title: text,
        onclick: () => {
          const pressed = button.getAttribute("aria-pressed") !== "true";
          button.setAttribute("aria-pressed", String(pressed));
          on(pressed);
        },
      },
      icon(path),
    );
    return button;
  };
  const press = (path, text, onclick) =>
    make("button", { type: "button", class: "tool", "aria-label": text, title: text, onclick }, icon(path));
  return [
    press(MORE, messages.mapCloser, () => enlarge(1.6)),
    press(LESS, messages.mapFarther, () => enlarge(1 / 1.6)),
    press(ALL, messages.mapAll, fit),
    toggle("lasso", LASSO, messages.mapLasso, draw),
    toggle("listen", EAR, messages.mapListen, listen),
  ];
}
