// The view of playlists: the one at hand, what could follow in it, and those on the server.

import * as api from "../api.js";
import { CROSS, announce, announceProblem, icon, make, nameOf } from "../dom.js";
import { messages } from "../messages.js";
import { entryList } from "./entries.js";
import { exportMenu } from "./files.js";
import { fillCard } from "./fill.js";
import { journeyCard } from "./journey.js";
import * as playlist from "./playlist.js";
import { sendDialog } from "./send.js";

const STEP = 200; // entries at a time

const head = make("div", { class: "list-head" });
const notice = make("div", { class: "notice", role: "alert", hidden: true });
const body = make("div", { class: "list-body" });
const shelf = make("section", { class: "card shelf", "aria-label": messages.savedLists });
const bench = make("aside", { class: "bench", "aria-label": messages.bench });
let context;
let state;
let link = null; // the media server to which the library is linked
let count = STEP;
let asked = 0; // how often the saved lists were asked for

/** Shows the view; two tracks in the state are the ends of a journey. */
export function show(main, next, given) {
  state = next;
  context = given;
  document.title = `${messages.playlists} · specrec`;
  main.replaceChildren(
    make("section", { class: "list", "aria-label": messages.playlist }, head, notice, body),
    bench,
  );
  notice.hidden = true;
  count = STEP;
  bench.replaceChildren(shelf, fillCard(state.library), journeyCard(state, context));
  render();
  showSaved();
  warnOfGone();
  api.get("/link", { library: state.library }).then((found) => {
    link = found.takes_playlists ? found : null;
    render();
  }, () => {});
}

/** Takes a state in which the ends of the journey are others; what is shown stays. */
export function update(next) {
  state = next;
}

playlist.watchList(() => head.isConnected && render());
document.addEventListener("keydown", (event) => {
  const isText = event.target.closest("input:not([type=checkbox]), textarea, dialog");
  if (!head.isConnected || isText || !(event.ctrlKey || event.metaKey)) return;
  const key = event.key.toLowerCase();
  const act = key === "z" ? (event.shiftKey ? playlist.redo : playlist.undo) : key === "y" ? playlist.redo : null;
  if (!act) return;
  event.preventDefault();
  act();
});

/** What stands above the list: it is made once, and only told what is possible now. */
function makeHead() {
  const title = make("input", {
    type: "text", class: "list-name", placeholder: messages.untitled, maxlength: 500,
    "aria-label": messages.listName, oninput: () => playlist.rename(title.value.trimStart()),
  });
  const length = make("span", {});
  const kept = make("span", { class: "state" });
  const play = action(messages.playAll, () => playlist.playFrom(playlist.current().entries[0].key), "hear");
  const keep = action(messages.save, save);
  const back = action(messages.undo, playlist.undo);
  const again = action(messages.redo, playlist.redo);
  const files = exportMenu();
  const send = action(messages.sendList, () => sendDialog(link, state.library));
  const onward = action(messages.fillUp, () => bench.querySelector(".fill").scrollIntoView(), "small onward-narrow");
  const begin = action(messages.newList, () => playlist.open([]));
  head.replaceChildren(
    make("h1", { class: "quiet" }, messages.playlist),
    title,
    make("p", { class: "byline" }, length, kept),
    make("div", { class: "actions" }, play, keep, back, again, files, send, begin, onward),
  );
  return () => {
    const { entries, name, saved, changed } = playlist.current();
    const { undo, redo } = playlist.steps();
    const none = !entries.length;
    if (title.value.trim() !== name.trim()) title.value = name;
    length.textContent = messages.lengthOf(entries.length, playlist.timeText());
    kept.textContent = !saved ? messages.notSaved : changed ? messages.changedSince : messages.saved;
    play.disabled = send.disabled = none;
    keep.disabled = none || (saved !== null && !changed);
    back.disabled = !undo;
    again.disabled = !redo;
    files.hidden = none;
    send.hidden = !link;
    begin.disabled = none && !saved;
  };
}

const paintHead = makeHead();

function render() {
  paintHead();
  keepingFocus(body, () => body.replaceChildren(...entryList(playlist.current().entries, count, more)));
}

function more() {
  count += STEP;
  render();
}

function action(text, onclick, kind = "small") {
  return make("button", { type: "button", class: kind, onclick }, text);
}

/** Renders, and gives the focus to the control that had it before. */
function keepingFocus(root, paint) {
  const held = root.contains(document.activeElement) ? document.activeElement : null;
  const { control } = held?.dataset ?? {};
  const key = held?.closest("[data-key]")?.dataset.key;
  const place = [...root.querySelectorAll("[data-key]")].findIndex((row) => row.dataset.key === key);
  paint();
  if (!control) return;
  const rows = [...root.querySelectorAll("[data-key]")];
  const row = key ? rows.find((one) => one.dataset.key === key) ?? rows[Math.min(place, rows.length - 1)] : root;
  row?.querySelector(`[data-control="${CSS.escape(control)}"]`)?.focus();
}

async function save() {
  const { name, entries, saved } = playlist.current();
  const library = playlist.libraryOf();
  if (library === null) return announceProblem(messages.severalLibraries);
  const content = { name: name.trim() || messages.untitled, track_ids: entries.map(({ track }) => track.track_id) };
  try {
    const isThere = saved !== null && saved.library === library;
    const path = isThere ? `/playlists/${saved.id}` : "/playlists";
    const how = { parameters: { library }, body: content, version: isThere ? saved.version : undefined };
    noteSaved(await api.send(isThere ? "PUT" : "POST", path, how), library);
  } catch (error) {
    if (error.status === 412) return tellConflict(content, saved);
    if (error.status === 404 && saved) {
      playlist.noteSaved(null);
      return tell(messages.goneElsewhere(content.name));
    }
    announceProblem(error.message);
  }
}

function noteSaved({ playlist: kept }, library) {
  playlist.noteSaved({ id: kept.id, version: kept.version, library }, kept.name);
  notice.hidden = true;
  announce(messages.savedNow(kept.name));
  showSaved();
}

/** Lets somebody choose which of two versions counts. */
function tellConflict(content, { id, library }) {
  const send = (method, path) => async () => {
    try {
      noteSaved(await api.send(method, path, { parameters: { library }, body: content }), library);
    } catch (error) {
      announceProblem(error.message);
    }
  };
  tell(
    messages.conflict(content.name),
    action(messages.openTheirs, () => openSaved(id, library)),
    action(messages.saveAsNew, send("POST", "/playlists")),
    action(messages.replaceTheirs, send("PUT", `/playlists/${id}`)),
  );
}

function tell(text, ...buttons) {
  notice.replaceChildren(make("p", {}, text), make("div", { class: "actions" }, ...buttons));
  notice.hidden = false;
}

async function showSaved() {
  const turn = (asked += 1);
  const { library } = state;
  let found;
  try {
    found = (await api.get("/playlists", { library })).playlists;
  } catch (error) {
    shelf.replaceChildren(make("p", { class: "problem" }, error.message));
    return;
  }
  if (turn !== asked) return;
  shelf.replaceChildren(
    make("h2", {}, messages.savedLists),
    found.length
      ? make("ul", {}, ...found.map((one) => savedLine(one, library)))
      : make("p", { class: "remark" }, messages.noSavedLists),
  );
  warnOfChange(found);
}

/** Says which tracks of the list its library holds no more. */
async function warnOfGone() {
  const gone = await playlist.findGone().catch(() => []); // what is asked next says why
  if (!gone.length) return;
  const takeOut = () => {
    playlist.removeAll(gone);
    notice.hidden = true;
  };
  const names = gone.slice(0, 5).map(({ track }) => nameOf(track)).join(", ");
  tell(messages.goneFrom(gone.length, names), action(messages.takeThemOut, takeOut));
}

/** Says so if the list at hand is another on the server by now. */
function warnOfChange(found) {
  const { saved, name, entries } = playlist.current();
  const theirs = saved && found.find(({ id }) => id === saved.id);
  if (!theirs || theirs.version === saved.version) return;
  tellConflict({ name, track_ids: entries.map(({ track }) => track.track_id) }, saved);
}

function savedLine(one, library) {
  const isOpen = playlist.current().saved?.id === one.id;
  return make(
    "li",
    {},
    make(
      "button",
      { type: "button", class: "saved-list", "aria-current": isOpen ? "true" : null, onclick: () => openSaved(one.id, library) },
      make("bdi", { class: "title" }, one.name),
      make("span", { class: "byline" }, messages.listOf(one.track_ids.length)),
    ),
    make(
      "button",
      {
        type: "button", class: "round plain", "aria-label": messages.deleteList(one.name), title: messages.deleteList(one.name),
        onclick: () => drop(one, library),
      },
      icon(CROSS),
    ),
  );
}

async function openSaved(id, library) {
  try {
    const { playlist: kept, tracks } = await api.get(`/playlists/${id}`, { library });
    const there = tracks.filter(Boolean);
    playlist.open(there, {
      name: kept.name, library, saved: { id, version: kept.version, library: library || playlist.chosenLibrary() },
    });
    notice.hidden = true;
    if (there.length < tracks.length) tell(messages.missingTracks(tracks.length - there.length));
    showSaved();
  } catch (error) {
    announceProblem(error.message);
  }
}

async function drop(one, library) {
  try {
    await api.send("DELETE", `/playlists/${one.id}`, { parameters: { library }, version: one.version });
  } catch (error) {
    announceProblem(error.message);
    return showSaved();
  }
  if (playlist.current().saved?.id === one.id) playlist.noteSaved(null);
  const { name, track_ids, comment } = one;
  const again = async () => {
    notice.hidden = true;
    const body = { name, track_ids, comment };
    await api.send("POST", "/playlists", { parameters: { library }, body }).catch((error) => announceProblem(error.message));
    showSaved();
  };
  tell(messages.deletedList(name), action(messages.undo, again));
  showSaved();
}
