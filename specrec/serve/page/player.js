// One audio element plays everything: a track, or two passages one after the other.

import { CROSS, PAUSE, PLAY, clock, icon, make, nameOf } from "./dom.js";
import { audioOf } from "./api.js";
import { messages } from "./messages.js";

const audio = new Audio();
audio.preload = "none";
let current = null; // the track
let queue = []; // passages to come: {track, start, end}
let end = Infinity; // of the passage that plays
const watchers = new Set();

/** Calls a function whenever what plays, or where, changes, as long as an element is on the page. */
export function watch(element, watcher) {
  watchers.add({ element, watcher });
  watcher(playing());
}

/** What plays: the track's id, the position and length in seconds, and whether it is moving. */
export function playing() {
  return {
    id: current?.track_id ?? null,
    track: current,
    seconds: audio.currentTime || 0,
    length: Number.isFinite(audio.duration) ? audio.duration : (current?.duration_seconds ?? 0),
    moving: !audio.paused,
  };
}

/** Plays a track from a position, or pauses it if it plays already. */
export function toggle(track, library) {
  if (current?.track_id === track.track_id) {
    queue = [];
    end = Infinity;
    if (audio.paused) start();
    else audio.pause();
    return;
  }
  seek(track, library, 0);
}

/** Plays a track from a position in seconds. */
export function seek(track, library, seconds) {
  queue = [];
  cue({ track, library, start: seconds, end: Infinity });
}

/** Plays passages one after the other: {track, library, start, end}. */
export function playPassages(passages) {
  queue = passages.slice(1);
  cue(passages[0]);
}

function cue(passage) {
  end = passage.end;
  if (current?.track_id !== passage.track.track_id) {
    current = passage.track;
    audio.src = audioOf(passage.track.track_id, passage.library);
  }
  const begin = () => {
    audio.currentTime = passage.start;
    start();
  };
  if (audio.readyState >= HTMLMediaElement.HAVE_METADATA) begin();
  else {
    audio.addEventListener("loadedmetadata", begin, { once: true });
    audio.load();
  }
}

function start() {
  audio.play().catch((error) => {
    if (error.name !== "AbortError") tell();
  });
}

function next() {
  if (queue.length) cue(queue.shift());
  else {
    end = Infinity;
    audio.pause();
  }
}

function tell() {
  const now = playing();
  for (const watched of watchers) {
    if (watched.element.isConnected) watched.watcher(now);
    else watchers.delete(watched);
  }
}

function tick() {
  if (audio.currentTime >= end) next();
  tell();
  if (!audio.paused) requestAnimationFrame(tick);
}

audio.addEventListener("play", tick);
for (const event of ["pause", "seeked", "loadedmetadata", "ended", "timeupdate"]) {
  audio.addEventListener(event, tell);
}
audio.addEventListener("ended", () => queue.length && next());

/** Makes the bar at the foot of the page. */
export function showPlayer(bar, onProblem) {
  const button = make("button", { class: "round", type: "button", onclick: () => press() }, icon(PLAY));
  const title = make("span", { class: "title" });
  const time = make("span", { class: "time" });
  const slider = make("input", {
    type: "range", min: 0, max: 1, step: "any", value: 0, "aria-label": messages.seek,
    oninput: () => (audio.currentTime = Number(slider.value)),
  });
  const volume = make("input", {
    type: "range", class: "volume", min: 0, max: 1, step: 0.01, value: 1, "aria-label": messages.volume,
    oninput: () => (audio.volume = Number(volume.value)),
  });
  const close = make(
    "button",
    { class: "round plain", type: "button", "aria-label": messages.close, onclick: () => stop(bar) },
    icon(CROSS),
  );
  bar.replaceChildren(button, title, slider, time, volume, close);
  audio.addEventListener("error", () => current && onProblem(messages.cannotPlay(nameOf(current))));

  function press() {
    if (audio.paused) start();
    else audio.pause();
  }

  watch(bar, ({ track, seconds, length, moving }) => {
    bar.hidden = track === null;
    document.body.classList.toggle("with-player", track !== null);
    if (track === null) return;
    title.textContent = nameOf(track);
    time.textContent = `${clock(seconds)} / ${clock(length)}`;
    slider.max = length || 1;
    slider.value = seconds;
    slider.style.setProperty("--done", `${(100 * seconds) / (length || 1)}%`);
    slider.setAttribute("aria-valuetext", `${clock(seconds)} / ${clock(length)}`);
    button.querySelector("path").setAttribute("d", moving ? PAUSE : PLAY);
    button.setAttribute("aria-label", (moving ? messages.pause : messages.play)(nameOf(track)));
  });
}

function stop(bar) {
  queue = [];
  audio.pause();
  audio.removeAttribute("src");
  current = null;
  bar.hidden = true;
  tell();
}

/** Makes a button that plays a track and shows whether it plays. */
export function playButton(track, library, extra = "") {
  const button = make(
    "button",
    { class: `round ${extra}`, type: "button", onclick: () => toggle(track, library) },
    icon(PLAY),
  );
  watch(button, ({ id, moving }) => {
    const here = id === track.track_id && moving;
    if (button.dataset.here === String(here)) return;
    button.dataset.here = String(here);
    button.querySelector("path").setAttribute("d", here ? PAUSE : PLAY);
    button.setAttribute("aria-label", (here ? messages.pause : messages.play)(nameOf(track)));
  });
  return button;
}
