// The rest of what `specrec report` shows: each part is computed when it is opened.

import * as api from "../api.js";
import { make, nameOf } from "../dom.js";
import { messages } from "../messages.js";
import { playButton } from "../player.js";

const PARTS = ["galleries", "evaluation", "comparison", "cues", "glossary"];

/** A card of parts to open, and facts. */
export function reportCard(library, facts) {
  return make(
    "section",
    { class: "card", "aria-label": messages.more },
    make("h2", {}, messages.moreAbout),
    ...PARTS.map((name) => part(name, library)),
    make("details", { data: { part: "facts" } }, make("summary", {}, messages.facts), facts),
  );
}

function part(name, library) {
  const content = make("div", { class: "part-content" });
  return make(
    "details",
    { data: { part: name }, ontoggle: (event) => event.target.open && !content.hasChildNodes() && fill(name, library, content) },
    make("summary", {}, messages.reportParts[name]),
    content,
  );
}

async function fill(name, library, content) {
  content.replaceChildren(make("p", { class: "remark", role: "status" }, messages.computing));
  try {
    const { reason, tables, galleries } = await api.get(`/report/${name}`, { library });
    content.replaceChildren(
      ...(reason ? [make("p", { class: "remark" }, reason)] : []),
      ...tables.map(table),
      ...galleries.map((one) => gallery(one, library)),
    );
  } catch (error) {
    content.replaceChildren(make("p", { class: "problem" }, error.message));
  }
}

function table({ title, header, rows, note, text_columns: texts, bold }) {
  const kind = (column) => (column < texts ? null : "number");
  const line = (row, place) =>
    make(
      "tr",
      { class: bold.includes(place) ? "total" : null },
      ...row.map((cell, column) => make(column ? "td" : "th", { class: kind(column), scope: column ? null : "row" }, cell)),
    );
  return make(
    "figure",
    {},
    rows.length
      ? make(
          "div",
          { class: "scroll", role: "region", "aria-label": title, tabindex: 0 },
          make(
            "table",
            { class: "plain" },
            make("caption", {}, title),
            header.some(Boolean)
              ? make("thead", {}, make("tr", {}, ...header.map((text, column) => make("th", { scope: "col", class: kind(column) }, text))))
              : null,
            make("tbody", {}, ...rows.map(line)),
          ),
        )
      : make("p", {}, title),
    note ? make("figcaption", { class: "remark" }, note) : null,
  );
}

function gallery({ title, note, columns }, library) {
  return make(
    "figure",
    {},
    make("h3", {}, title),
    make(
      "div",
      { class: "sides" },
      ...columns.map(({ heading, tracks }) =>
        make(
          "div",
          {},
          heading ? make("p", { class: "byline" }, heading) : null,
          make(
            "ul",
            { class: "lines" },
            ...tracks.map(({ track, note: said }) =>
              make(
                "li",
                {},
                playButton(track, library),
                make("span", { class: "names" }, make("bdi", { class: "title" }, nameOf(track)), make("span", { class: "byline" }, said)),
              ),
            ),
          ),
        ),
      ),
    ),
    make("figcaption", { class: "remark" }, note),
  );
}
