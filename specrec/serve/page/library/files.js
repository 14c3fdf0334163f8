// Files that were left out, wait, are gone or lack features: which, why, and what to do.

import { make } from "../dom.js";
import { messages } from "../messages.js";

const SHOWN = 200; // files at a time

/** A card with the files of a coverage and the meanings of its reasons. */
export function filesCard(coverage, kinds) {
  if (coverage.problem) return shell(make("p", { class: "problem" }, coverage.problem));
  const groups = groupsOf(coverage, kinds).filter(({ total }) => total > 0);
  if (!groups.length) return shell(make("p", { class: "remark" }, messages.allFilesIn));
  let chosen = groups[0];
  const search = make("input", {
    type: "search", placeholder: messages.findFile, "aria-label": messages.findFile, oninput: () => paint(),
  });
  const tabs = groups.map((group) =>
    make(
      "button",
      {
        type: "button", class: "small",
        onclick: () => {
          chosen = group;
          paint();
        },
      },
      `${group.name} ${group.total.toLocaleString("en")}`,
    ),
  );
  const said = make("p", { class: "remark", role: "status" });
  const list = make("ul", { class: "lines" });
  const frame = make("div", { class: "files", role: "region", tabindex: 0, "aria-label": messages.fileList }, list);

  function paint() {
    tabs.forEach((tab, place) => tab.setAttribute("aria-pressed", String(groups[place] === chosen)));
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fitting = chosen.files.filter((file) => {
      const text = `${file.path} ${file.detail ?? ""}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    said.textContent = [
      chosen.hint,
      fitting.length > SHOWN ? messages.firstOf(SHOWN, fitting.length) : words.length ? messages.filesFound(fitting.length) : "",
      chosen.files.length < chosen.total ? messages.listedOf(chosen.files.length, chosen.total) : "",
    ].filter(Boolean).join(" ");
    list.replaceChildren(...fitting.slice(0, SHOWN).map(line));
  }

  paint();
  const choice = make("div", { class: "actions", role: "group", "aria-label": messages.whichFiles }, ...tabs);
  return shell(make("div", { class: "split" }, choice, search), said, frame);
}

function shell(...content) {
  return make(
    "section",
    { class: "card", "aria-label": messages.files },
    make("h2", {}, messages.files),
    ...content,
  );
}

function groupsOf(coverage, kinds) {
  const plain = (paths) => paths.map((path) => ({ path }));
  return [
    ...kinds.map(({ reason, meaning, remedy, count }) => ({
      name: messages.reasons[reason] ?? reason, total: count, hint: messages.whyAndWhat(meaning, remedy),
      files: coverage.skipped_files.filter((file) => file.reason === reason),
    })),
    { name: messages.waiting, total: coverage.pending, hint: messages.waitingHint, files: plain(coverage.pending_files) },
    { name: messages.vanished, total: coverage.gone, hint: messages.vanishedHint, files: plain(coverage.gone_files) },
    { name: messages.bare, total: coverage.unmeasured, hint: messages.bareHint, files: plain(coverage.unmeasured_files) },
  ];
}

function line({ path, detail }) {
  return make("li", {}, make("span", { class: "names" }, make("bdi", {}, path), detail ? make("span", { class: "byline" }, detail) : null));
}
