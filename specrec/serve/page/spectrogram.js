// A spectrogram on which the playhead moves and a click seeks, with bands of what is heard when.

import { spectrogramOf } from "./api.js";
import { clock, make, nameOf } from "./dom.js";
import { messages } from "./messages.js";
import { seek, watch } from "./player.js";

const LONGEST = 600; // seconds of which the server draws a spectrogram

/**
 * Shows a track's spectrogram.
 *
 * @param track the track
 * @param library the library's name
 * @param passages parts to outline: {start, end} in seconds
 */
export function spectrogram(track, library, passages = []) {
  const length = track.duration_seconds || 1;
  const shown = Math.max(1, Math.min(length, LONGEST)); // the middle
  const share = (seconds) => `${(100 * Math.min(seconds, length)) / length}%`;
  const head = make("span", { class: "playhead", hidden: true });
  const picture = make("img", {
    src: spectrogramOf(track.track_id, library, shown.toFixed(1)), alt: "", loading: "lazy", decoding: "async",
    style: { left: share((length - shown) / 2), width: share(shown) },
    onerror: () => frame.classList.add("without-picture"),
  });
  const frame = make(
    "div",
    {
      class: "spectrogram", role: "slider", tabindex: 0,
      "aria-label": `${messages.seek}, ${nameOf(track)}`,
      "aria-valuemin": 0, "aria-valuemax": Math.round(length), "aria-valuenow": 0,
      onclick: (event) => {
        const box = frame.getBoundingClientRect();
        seek(track, library, (length * (event.clientX - box.left)) / box.width);
      },
      onkeydown: (event) => {
        const step = { ArrowRight: 5, ArrowLeft: -5 }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        seek(track, library, Math.max(0, Number(frame.getAttribute("aria-valuenow")) + step));
      },
    },
    picture,
    ...passages.map(({ start, end }) =>
      make("span", { class: "passage", style: { left: share(start), width: share(end - start) } }),
    ),
    head,
  );
  watch(frame, ({ id, seconds }) => {
    const here = id === track.track_id;
    head.hidden = !here;
    if (!here) return;
    head.style.left = share(seconds);
    frame.setAttribute("aria-valuenow", Math.round(seconds));
    frame.setAttribute("aria-valuetext", clock(seconds));
  });
  return frame;
}

/** Shows in which parts of a track each sound is heard: {name, passages: [{start, end}]}. */
export function bands(sounds, track, library) {
  const length = track.duration_seconds || 1;
  return make(
    "ul",
    { class: "bands" },
    ...sounds.map(({ name, passages }, place) =>
      make(
        "li",
        { class: `kind-${place % 8}` },
        make("span", { class: "name" }, name),
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
