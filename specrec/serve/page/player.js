// What plays: a track, passages one after the other, or two passages at once, one in each ear.

import { CROSS, PAUSE, PLAY, clock, icon, make, nameOf } from "./dom.js";
import { audioOf, fault } from "./api.js";
import { messages } from "./messages.js";

const STEP = 5; // seconds by which an arrow key moves
const audio = new Audio();
audio.preload = "none";
let current = null; // {track, library}
let queue = []; // passages to come: {track, library, start, end}
let end = Infinity; // of the passage that plays
let problem = ""; // why it can't be played
let ears = null; // two elements, of which one is heard on the left and one on the right
let context; // of the sound in both ears
let pair = []; // the passages that play at once
const watchers = new Set();
const finishers = new Set();

/** Calls a function whenever what plays, or where, changes, as long as an element is on the page. */
export function watch(element, watcher) {
  watchers.add({ element, watcher });
  watcher(playing());
}

/**
 * What plays: the track and its id, the position and length in seconds, whether it is moving, the
 * positions of all tracks that are heard, {id, seconds}, and what is wrong.
 */
export function playing() {
  const heads = pair.length
    ? pair.map(({ track }, ear) => ({ id: track.track_id, seconds: ears[ear].currentTime }))
    : current
      ? [{ id: current.track.track_id, seconds: audio.currentTime || 0 }]
      : [];
  return {
    id: current?.track.track_id ?? null,
    track: current?.track ?? null,
    seconds: audio.currentTime || 0,
    length: Number.isFinite(audio.duration) ? audio.duration : (current?.track.duration_seconds ?? 0),
    moving: pair.length ? ears.some((ear) => !ear.paused) : !audio.paused,
    pair: pair.map(({ track }) => track),
    heads,
    problem,
  };
}

/** Calls a function with each track that was played to its end, and after which nothing is queued. */
export function whenOver(finisher) {
  finishers.add(finisher);
}

/** Plays a track from where it is, or pauses it if it plays already. */
export function toggle(track, library) {
  if (pair.some((passage) => passage.track.track_id === track.track_id)) return pauseOrGo();
  if (current?.track.track_id !== track.track_id || pair.length || problem) return seek(track, library, 0);
  queue = [];
  end = Infinity;
  if (audio.paused) start(audio);
  else audio.pause();
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

/** Plays two passages at once, the first in the left ear and the second in the right one. */
export async function playTogether(passages) {
  stopPair();
  audio.pause();
  queue = [];
  problem = "";
  ears ??= [-1, 1].map(earAt);
  pair = passages;
  current = { track: passages[0].track, library: passages[0].library };
  audio.removeAttribute("src");
  await context.resume();
  passages.forEach((passage, ear) => {
    ears[ear].src = audioOf(passage.track.track_id, passage.library);
    ears[ear].volume = audio.volume;
    place(ears[ear], passage.start);
  });
  tell();
}

/** An element that is heard on one side. */
function earAt(side) {
  context ??= new AudioContext();
  const element = new Audio();
  const panner = new StereoPannerNode(context, { pan: side });
  context.createMediaElementSource(element).connect(panner).connect(context.destination);
  listenTo(element);
  return element;
}

function stopPair() {
  for (const element of pair.length ? ears : []) element.pause();
  pair = [];
}

function cue(passage) {
  stopPair();
  end = passage.end;
  const isLoaded = audio.hasAttribute("src") && current?.track.track_id === passage.track.track_id;
  current = { track: passage.track, library: passage.library };
  if (!isLoaded || problem) audio.src = audioOf(passage.track.track_id, passage.library);
  problem = "";
  place(audio, passage.start);
}

/** Plays an element from a position, as soon as it is known how long its file is. */
function place(element, seconds) {
  const source = element.src;
  const begin = () => {
    if (element.src !== source) return; // another was asked for meanwhile
    element.currentTime = seconds;
    start(element);
  };
  if (element.readyState >= HTMLMediaElement.HAVE_METADATA) begin();
  else {
    element.addEventListener("loadedmetadata", begin, { once: true });
    element.load();
  }
}

function start(element) {
  element.play().catch((error) => {
    if (error.name !== "AbortError") tell();
  });
}

function pauseOrGo() {
  if (pair.length) {
    const moving = ears.some((ear) => !ear.paused);
    ears.forEach((ear) => (moving ? ear.pause() : start(ear)));
  } else if (problem) seek(current.track, current.library, 0);
  else if (audio.paused) start(audio);
  else audio.pause();
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

/** Ends what is over; a page that is not seen gets no frames, so it is called on other events, too. */
function check() {
  if (pair.length) {
    pair.forEach((passage, ear) => ears[ear].currentTime >= passage.end && ears[ear].pause());
  } else if (audio.currentTime >= end) next();
  tell();
}

function tick() {
  check();
  if (playing().moving) requestAnimationFrame(tick);
}

function listenTo(element) {
  element.addEventListener("play", tick);
  element.addEventListener("timeupdate", check);
  for (const event of ["pause", "seeked", "loadedmetadata", "ended"]) element.addEventListener(event, tell);
  element.addEventListener("error", () => element.hasAttribute("src") && fail(element));
}

/** Says why the file can't be played: it is gone, or the browser can't decode it. */
async function fail(element) {
  const asked = pair.length ? pair[ears.indexOf(element)] : current;
  if (!asked) return;
  queue = [];
  const why = await fault(audioOf(asked.track.track_id, asked.library)).catch((error) => error.message);
  problem = why ?? messages.cannotDecode(nameOf(asked.track));
  tell();
}

listenTo(audio);
audio.addEventListener("ended", () => {
  if (queue.length) next();
  else for (const finisher of finishers) finisher(current.track);
});
document.addEventListener("keydown", (event) => {
  const isHandled = event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey;
  const used = "a, button, input, select, textarea, summary, [role=slider], [role=grid], [role=option]";
  if (isHandled || !current || event.target.closest(used)) return;
  const step = { ArrowRight: STEP, ArrowLeft: -STEP }[event.key];
  if (event.key !== " " && (step === undefined || pair.length)) return;
  event.preventDefault();
  if (step === undefined) pauseOrGo();
  else audio.currentTime = Math.max(0, audio.currentTime + step);
});

/** Makes the bar at the foot of the page. */
export function showPlayer(bar) {
  const button = make("button", { class: "round", type: "button", onclick: pauseOrGo }, icon(PLAY));
  const title = make("span", { class: "title" });
  const wrong = make("span", { class: "wrong", role: "alert" });
  const time = make("span", { class: "time" });
  const slider = make("input", {
    type: "range", min: 0, max: 1, step: "any", value: 0, "aria-label": messages.seek,
    oninput: () => (audio.currentTime = Number(slider.value)),
  });
  const volume = make("input", {
    type: "range", class: "volume", min: 0, max: 1, step: 0.01, value: 1, "aria-label": messages.volume,
    oninput: () => [audio, ...(ears ?? [])].forEach((element) => (element.volume = Number(volume.value))),
  });
  const close = make(
    "button",
    { class: "round plain", type: "button", "aria-label": messages.close, onclick: () => stop(bar) },
    icon(CROSS),
  );
  bar.replaceChildren(button, title, wrong, slider, time, volume, close);

  watch(bar, (now) => {
    bar.hidden = now.track === null;
    document.body.classList.toggle("with-player", now.track !== null);
    if (now.track === null) return;
    const both = now.pair.length > 0;
    const name = both ? messages.inEachEar(...now.pair.map(nameOf)) : nameOf(now.track);
    bar.classList.toggle("both", both);
    if (title.textContent !== name) title.textContent = name;
    if (wrong.textContent !== now.problem) wrong.textContent = now.problem;
    wrong.hidden = !now.problem;
    slider.hidden = time.hidden = both || Boolean(now.problem);
    time.textContent = `${clock(now.seconds)} / ${clock(now.length)}`;
    slider.max = now.length || 1;
    slider.value = now.seconds;
    slider.setAttribute("aria-valuetext", time.textContent);
    button.querySelector("path").setAttribute("d", now.moving ? PAUSE : PLAY);
    button.setAttribute("aria-label", (now.moving ? messages.pause : messages.play)(name));
  });
}

function stop(bar) {
  queue = [];
  stopPair();
  audio.pause();
  audio.removeAttribute("src");
  current = null;
  problem = "";
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
  watch(button, ({ heads, moving }) => {
    const here = moving && heads.some(({ id }) => id === track.track_id);
    if (button.dataset.here === String(here)) return;
    button.dataset.here = String(here);
    button.querySelector("path").setAttribute("d", here ? PAUSE : PLAY);
    button.setAttribute("aria-label", (here ? messages.pause : messages.play)(nameOf(track)));
  });
  return button;
}
