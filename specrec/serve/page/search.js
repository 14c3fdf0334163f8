// One box for titles, artists and words for a sound (an ARIA combobox).

import * as api from "./api.js";
import { announce, clock, make, nameOf } from "./dom.js";
import { messages } from "./messages.js";

/**
 * Brings the box to life.
 *
 * @param choose called with {track: id} or {like: words}
 * @param libraryName says which library is searched
 */
export function showSearch(choose, libraryName) {
  const box = document.getElementById("search");
  const list = document.getElementById("found");
  let asked; // the request that is under way
  let at = -1; // the option that is marked

  box.addEventListener("input", () => look(box.value.trim()));
  box.addEventListener("focus", () => box.value.trim() && look(box.value.trim()));
  box.addEventListener("keydown", (event) => {
    const options = [...list.children].filter((option) => option.role === "option");
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves && options.length) {
      event.preventDefault();
      mark(options, (at + moves[event.key] + options.length) % options.length);
    } else if (event.key === "Enter" && options.length) {
      event.preventDefault();
      options[Math.max(at, 0)].click();
    } else if (event.key === "Escape") hide();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest(".search")) hide();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, select, textarea")) {
      event.preventDefault();
      box.focus();
    }
  });

  async function look(words) {
    asked?.abort();
    if (!words) return hide();
    asked = new AbortController();
    try {
      const { tracks } = await api.search(words, libraryName(), asked.signal);
      show(words, tracks);
    } catch (error) {
      if (error.name !== "AbortError") show(words, [], error.message);
    }
  }

  function show(words, tracks, problem = "") {
    const none = problem || (tracks.length ? "" : messages.nothingFits);
    list.replaceChildren(
      ...tracks.map((track) =>
        option({ track: track.track_id }, [
          make("span", { class: "title" }, make("bdi", {}, track.title)),
          make("span", { class: "byline" }, make("bdi", {}, track.artist ?? ""), ` ${clock(track.duration_seconds)}`),
        ]),
      ),
      ...(none ? [make("li", { class: "none" }, none)] : []),
      option({ like: words }, [make("span", { class: "sound" }, messages.soundsLike(words))]),
    );
    at = -1;
    list.hidden = false;
    box.setAttribute("aria-expanded", "true");
    announce(none || tracks.map(nameOf).slice(0, 3).join(", "));
  }

  function option(chosen, children) {
    return make(
      "li",
      {
        role: "option", id: `option-${Object.values(chosen)[0]}`.replace(/\W/g, "-"),
        onclick: () => {
          hide();
          box.value = "";
          choose(chosen);
        },
      },
      ...children,
    );
  }

  function mark(options, place) {
    options[at]?.removeAttribute("aria-selected");
    at = place;
    options[at].setAttribute("aria-selected", "true");
    options[at].scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", options[at].id);
  }

  function hide() {
    asked?.abort();
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }
}
