// The playlist at hand: what is in it, kept by this browser, with undo, and played through.

import { tracksOf } from "../api.js";
import { announce, announceProblem, clock, nameOf } from "../dom.js";
import { messages } from "../messages.js";
import { seek, whenOver } from "../player.js";

const KEPT = "specrec.playlist";
const MOST_STEPS = 100; // that can be undone
const watchers = new Set();
let past = []; // lists of entries, the latest last
let future = [];
let list = read(); // {entries: [{key, track, library}], name, saved: {id, version, library}, changed}
let isKept = true; // whether this browser has room for the list
let followed = null; // key of the entry that plays, after which the next one does

/** The list: `entries` of {key, track, library}, `name`, `saved` on the server, and `changed` since. */
export const current = () => list;

/** Whether there is something to undo, and to redo. */
export const steps = () => ({ undo: past.length > 0, redo: future.length > 0 });

/** Seconds that the list takes to play. */
export const totalSeconds = () =>
  list.entries.reduce((sum, { track }) => sum + (track.duration_seconds || 0), 0);

/** The same as text: `48:20`, `1:05:00`. */
export function timeText() {
  return clock(totalSeconds());
}

/** The key of the entry that was played last from the list. */
export const following = () => followed;

/** Calls a function after each change. */
export function watchList(watcher) {
  watchers.add(watcher);
}

/** Adds a track at the end, unless it is the last one already. */
export function add(track, library) {
  if (list.entries.at(-1)?.track.track_id === track.track_id) return;
  edit([...list.entries, entryOf(track, library)]);
  announce(messages.added(nameOf(track)));
}

/** Adds tracks that are not in the list yet, at its end or at a place. */
export function addAll(tracks, library, place = list.entries.length) {
  const there = new Set(list.entries.map(({ track }) => track.track_id));
  const fresh = tracks.filter(({ track_id }) => !there.has(track_id) && there.add(track_id));
  if (fresh.length) {
    edit(list.entries.toSpliced(place, 0, ...fresh.map((track) => entryOf(track, library))));
  }
  announce(messages.addedMany(fresh.length));
}

/** Moves an entry to a place. */
export function move(key, place) {
  const from = placeOf(key);
  const to = Math.max(0, Math.min(place, list.entries.length - 1));
  if (from < 0 || from === to) return;
  const entries = [...list.entries];
  entries.splice(to, 0, ...entries.splice(from, 1));
  edit(entries);
  announce(messages.movedTo(nameOf(list.entries[to].track), to + 1, entries.length));
}

/** Takes an entry out. */
export function remove(key) {
  const gone = list.entries[placeOf(key)];
  if (!gone) return;
  edit(list.entries.filter((entry) => entry !== gone));
  announce(messages.takenOut(nameOf(gone.track)));
}

/** The entries whose tracks their libraries hold no more. */
export async function findGone() {
  const { entries } = list;
  const names = [...new Set(entries.map(({ library }) => library))];
  const gone = names.map(async (name) => {
    const own = entries.filter(({ library }) => library === name);
    const there = await tracksOf([...new Set(own.map(({ track }) => track.track_id))], name);
    return own.filter(({ track }) => !there.has(track.track_id));
  });
  return (await Promise.all(gone)).flat();
}

/** Takes several entries out. */
export function removeAll(some) {
  edit(list.entries.filter((entry) => !some.includes(entry)));
}

/** Empties the list; that can be undone. */
export const clear = () => edit([]);

/** Takes back the last change. */
export function undo() {
  swap(past, future, messages.undone);
}

/** Makes a change that was taken back once more. */
export function redo() {
  swap(future, past, messages.redone);
}

/** Names the list. */
export function rename(name) {
  if (name !== list.name) keep({ ...list, name, changed: true });
}

/** Begins with another list: tracks of a library, and how it is saved, if it is. */
export function open(tracks, { name = "", library = "", saved = null } = {}) {
  remember();
  const entries = tracks.map((track) => entryOf(track, library));
  keep({ entries, name, saved, changed: false });
}

/** Notes how the list is saved now; null if it is no more. */
export function noteSaved(saved, name = list.name) {
  keep({ ...list, name, saved, changed: saved === null });
}

/** The library of all entries; null if they are of several. */
export function libraryOf() {
  const names = new Set(list.entries.map(({ library }) => library));
  return names.size > 1 ? null : ([...names][0] ?? chosenLibrary());
}

/** Plays the list from an entry on. */
export function playFrom(key) {
  const entry = list.entries[placeOf(key)];
  if (!entry) return;
  follow(key);
  seek(entry.track, entry.library, 0);
}

/** Notes that an entry plays, so that the next one follows. */
export function follow(key) {
  followed = key;
}

whenOver((track) => {
  const place = placeOf(followed);
  if (place < 0 || list.entries[place].track.track_id !== track.track_id) return;
  const next = list.entries[place + 1];
  if (next) playFrom(next.key);
});

// Another tab of this browser may have changed the list.
addEventListener("storage", (event) => {
  if (event.key !== KEPT) return;
  list = read();
  past = [];
  future = [];
  tell();
});

function edit(entries) {
  remember();
  keep({ ...list, entries, changed: true });
}

function remember() {
  past = [...past, list].slice(-MOST_STEPS);
  future = [];
}

function swap(from, to, said) {
  const before = from.pop();
  if (!before) return;
  to.push(list);
  // A name stays, and so does what the server has: only what was in the list comes back.
  const same = before.saved?.id === list.saved?.id;
  keep(same ? { ...list, entries: before.entries, changed: true } : before);
  announce(said);
}

function keep(next) {
  list = next;
  try {
    localStorage.setItem(KEPT, JSON.stringify(list));
    isKept = true;
  } catch {
    if (isKept) announceProblem(messages.notKept); // it is full, or forbidden
    isKept = false;
  }
  tell();
}

function tell() {
  for (const watcher of watchers) watcher(list);
}

function placeOf(key) {
  return list.entries.findIndex((entry) => entry.key === key);
}

/** An entry, with what a list needs of a track. */
function entryOf({ track_id, path, title, artist, album, duration_seconds }, library) {
  return {
    key: crypto.getRandomValues(new Uint32Array(2)).join("-"),
    track: { track_id, path, title, artist, album, duration_seconds },
    library: library || chosenLibrary(),
  };
}

/** The name of the library at hand, where an address names none. */
export function chosenLibrary() {
  return document.getElementById("library").value;
}

function read() {
  const empty = { entries: [], name: "", saved: null, changed: false };
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT)) ?? empty;
    // It was only a list of entries once.
    const found = Array.isArray(kept) ? { ...empty, entries: kept } : { ...empty, ...kept };
    return { ...found, entries: found.entries.map((entry) => ({ ...entryOf(entry.track, entry.library), ...entry })) };
  } catch {
    return empty;
  }
}
