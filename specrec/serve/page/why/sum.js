// A similarity as a sum, or the lead of one track over another: a table with bars about zero.

import { make } from "../dom.js";
import { labelOf } from "../labels.js";
import { messages } from "../messages.js";

const SHOWN = 8; // contributions

/**
 * The contributions to a similarity, which add up to it.
 *
 * @param explanation what the server explains
 * @param point called with a feature while somebody looks at its line, and with null afterwards
 */
export function sumTable(explanation, point = () => {}) {
  const causes = new Set(
    explanation.reasons.filter((reason) => reason.verdict === "because").map((reason) => reason.feature),
  );
  const parts = explanation.contributions.map((part) => ({
    feature: part.feature, name: labelOf(part.feature), value: part.value,
    cause: part.members.some((member) => causes.has(member)),
  }));
  return table(messages.ofTheScore, parts, explanation.others, explanation.residual, {
    name: messages.similarity, value: explanation.similarity,
  }, point);
}

/** What each group of features adds to the lead of one track over another. */
export function leadTable(caption, versus, lead) {
  const parts = Object.entries(versus.contributions).map(([feature, value]) => ({ feature, name: labelOf(feature), value }));
  return table(caption, parts, 0, versus.residual, { name: messages.lead, value: lead });
}

function table(caption, parts, others, residual, total, point = () => {}) {
  const sorted = [...parts].sort((one, other) => Math.abs(other.value) - Math.abs(one.value));
  const rest = sorted.slice(SHOWN).reduce((sum, part) => sum + part.value, others);
  const rows = sorted.slice(0, SHOWN);
  rows.push({ name: messages.others, value: rest, kind: "rest" });
  if (Math.abs(residual) >= 0.0005) rows.push({ name: messages.unexplained, value: residual, kind: "rest" });
  const low = Math.min(0, ...rows.map((row) => row.value));
  const span = Math.max(0, ...rows.map((row) => row.value)) - low || 1;
  rows.push({ ...total, kind: "total" });
  return make(
    "table",
    { class: "sum" },
    make("caption", {}, caption),
    make("tbody", {}, ...rows.map((row) => line(row, low, span, point))),
  );
}

function line({ feature, name, value, cause, kind }, low, span, point) {
  const start = Math.min(0, value) - low;
  return make(
    "tr",
    {
      class: kind ?? (value < 0 ? "takes" : "adds"),
      onpointerenter: () => feature && point(feature), onpointerleave: () => point(null),
    },
    make(
      "th",
      { scope: "row" },
      cause ? make("span", { class: "cause", title: messages.because }, "✓ ") : null,
      name,
      cause ? make("span", { class: "quiet" }, `, ${messages.because}`) : null,
    ),
    make("td", { class: "number" }, `${value < 0 ? "−" : ""}${Math.abs(value).toFixed(3)}`),
    make(
      "td",
      { class: "bars", "aria-hidden": "true" },
      kind === "total"
        ? null
        : make("span", {
            class: "bar-part",
            style: { left: `${(100 * start) / span}%`, width: `${(100 * Math.abs(value)) / span}%` },
          }),
    ),
  );
}
