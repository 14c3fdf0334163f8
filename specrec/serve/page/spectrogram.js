// A spectrogram on which the playhead moves and a click seeks, with bands of what is heard when.

import { fault, spectrogramOf } from "./api.js";
import { whenBack } from "./connection.js";
import { clock, make, nameOf } from "./dom.js";
import { messages } from "./messages.js";
import { seek, toggle, watch } from "./player.js";

const LONGEST = 600; // seconds of which the server draws a spectrogram

/**
 * Shows a track's spectrogram.
 *
 * @param track the track
 * @param library the library's name
 */
export function spectrogram(track, library) {
  const length = track.duration_seconds || 1;
  const shown = Math.max(1, Math.min(length, LONGEST)); // the middle
  const head = make("span", { class: "playhead", hidden: true });
  const source = spectrogramOf(track.track_id, library, shown.toFixed(1));
  const wrong = make("p", { class: "wrong", hidden: true });
  const picture = make("img", {
    src: source, alt: "", loading: "lazy", decoding: "async",
    style: { left: share((length - shown) / 2, length), width: share(shown, length) },
    onload: () => frame.classList.remove("without-picture", "waits"),
    onerror: async () => {
      frame.classList.remove("waits");
      frame.classList.add("without-picture");
      wrong.textContent = (await fault(source).catch((error) => error.message)) ?? messages.noPicture;
      wrong.hidden = false;
    },
  });
  const go = (seconds) => seek(track, library, Math.min(Math.max(0, seconds), length));
  const frame = make(
    "div",
    {
      class: "spectrogram waits", role: "slider", tabindex: 0, data: { length },
      "aria-label": `${messages.seek}, ${nameOf(track)}`,
      "aria-valuemin": 0, "aria-valuemax": Math.round(length), "aria-valuenow": 0,
      onclick: (event) => {
        const box = frame.getBoundingClientRect();
        go((length * (event.clientX - box.left)) / box.width);
      },
      onkeydown: (event) => {
        const now = Number(frame.getAttribute("aria-valuenow"));
        const goal = { ArrowRight: now + 5, ArrowLeft: now - 5, Home: 0, End: length - 1 }[event.key];
        if (goal === undefined && event.key !== " ") return;
        event.preventDefault();
        if (goal === undefined) toggle(track, library);
        else go(goal);
      },
    },
    picture,
    head,
    wrong,
  );
  whenBack(frame, () => {
    if (!frame.classList.contains("without-picture")) return;
    wrong.hidden = true;
    picture.src = source;
  });
  watch(frame, ({ heads }) => {
    const here = heads.find(({ id }) => id === track.track_id);
    head.hidden = !here;
    if (!here) return;
    head.style.left = share(here.seconds, length);
    frame.setAttribute("aria-valuenow", Math.round(here.seconds));
    frame.setAttribute("aria-valuetext", clock(here.seconds));
  });
  return frame;
}

const share = (seconds, length) => `${(100 * Math.min(seconds, length)) / length}%`;

/** Marks parts of a spectrogram, {start, end} in seconds, in place of those marked so before. */
export function mark(frame, kind, passages) {
  const length = Number(frame.dataset.length);
  for (const old of frame.querySelectorAll(`.${kind}`)) old.remove();
  frame.querySelector(".playhead").before(
    ...passages.map(({ start, end }) =>
      make("span", { class: kind, style: { left: share(start, length), width: share(end - start, length) } }),
    ),
  );
}

/** Shows in which parts of a track each sound is heard: {feature, name, passages: [{start, end}]}. */
export function bands(sounds, track, library) {
  const length = track.duration_seconds || 1;
  return make(
    "ul",
    { class: "bands" },
    ...sounds.map(({ feature, name, passages }) =>
      make(
        "li",
        { class: "rest", data: { feature } },
        make("span", { class: "name", title: name }, name),
        make(
          "span",
          { class: "lane" },
          ...passages.map(({ start, end }) =>
            make("button", {
              type: "button", class: "part",
              "aria-label": `${messages.play(name)} ${clock(start)}–${clock(end)}`,
              title: `${clock(start)}–${clock(end)}`,
              style: {
                left: `${(100 * start) / length}%`,
                width: `${(100 * Math.max(end - start, length / 100)) / length}%`,
              },
              onclick: () => seek(track, library, start),
            }),
          ),
        ),
      ),
    ),
  );
}
