// Makes elements. Text is always text: no title can become markup.

/** Makes an element: attributes, then children; `on...` are listeners, `null` is left out. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") setStyle(element, value);
    else if (name === "data") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

function setStyle(element, values) {
  for (const [name, value] of Object.entries(values)) element.style.setProperty(name, value);
}

const SVG = "http://www.w3.org/2000/svg";

/** Makes an icon of one path, on a grid of 16 by 16. */
export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

export const PLAY = "M4 2.5v11l9-5.5z";
export const PAUSE = "M3.5 2.5h3v11h-3zm6 0h3v11h-3z";
export const PLUS = "M7 2h2v5h5v2H9v5H7V9H2V7h5z";
export const CROSS = "M3.4 2 8 6.6 12.6 2 14 3.4 9.4 8l4.6 4.6-1.4 1.4L8 9.4 3.4 14 2 12.6 6.6 8 2 3.4z";
export const UP = "M8 3l5 6H9v4H7V9H3z";
export const DOWN = "M8 13L3 7h4V3h2v4h4z";

/** Seconds as minutes and seconds, 1:05, or with hours, 1:01:05. */
export function clock(seconds) {
  if (!Number.isFinite(seconds)) return "";
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = String(Math.floor((whole % 3600) / 60));
  return `${hours ? `${hours}:${minutes.padStart(2, "0")}` : minutes}:${String(whole % 60).padStart(2, "0")}`;
}

/** A similarity as it is shown; none is a zero with a sign. */
export const scoreOf = (similarity) => similarity.toFixed(2).replace("-0.00", "0.00").replace("-", "−");

/** `artist - title`, or the title alone. */
export function nameOf(track) {
  return track.artist ? `${track.artist} – ${track.title}` : track.title;
}

/** Replaces what an element holds. By their names, what was open is open, and the keyboard stays where it was. */
export function renew(element, ...children) {
  const held = element.contains(document.activeElement) ? document.activeElement : null;
  const names = [held, held?.closest("details")?.querySelector("summary")].filter(Boolean).map(calledOf);
  const open = [...element.querySelectorAll("details[open] > summary")].map(calledOf);
  element.replaceChildren(...children);
  const there = [...element.querySelectorAll("button, input, select, summary")];
  const named = (name) => there.find((one) => calledOf(one) === name);
  for (const summary of open.map(named)) if (summary) summary.parentElement.open = true;
  names.map(named).find(Boolean)?.focus({ preventScroll: true });
}

const calledOf = (one) =>
  one.tagName + (one.getAttribute("aria-label") ?? one.labels?.[0]?.textContent ?? one.firstChild?.textContent);

/** Title and artist, as they stand in lists. */
export const titleAndArtist = (track) => [
  make("bdi", { class: "title" }, track.title),
  " ",
  make("bdi", { class: "byline" }, track.artist ?? ""),
];

/** A sentence on a track, if there is one; no line ends between a number and its percent sign. */
export const sentenceOn = (text) =>
  text ? make("p", { class: "sentence" }, text.replaceAll(" %", "\u00a0%")) : null;

/** Title and artist, and below them a sentence on the track. */
export const withSentence = (track, sentence) =>
  make("div", { class: "names" }, make("span", {}, titleAndArtist(track)), sentenceOn(sentence));

let timer;

/** Says something to those who hear the page. */
export function announce(text) {
  const status = document.getElementById("said");
  clearTimeout(timer);
  timer = setTimeout(() => (status.textContent = text), 50);
}

/** Shows a problem for a while. */
export function announceProblem(text) {
  announce(text);
  const note = make("p", { class: "toast", role: "alert" }, text);
  document.body.append(note);
  setTimeout(() => note.remove(), 8000);
}
