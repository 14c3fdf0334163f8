// A box in which one types and chooses from a list (an ARIA combobox).

import { announce, make } from "./dom.js";

let boxes = 0;

/**
 * Brings a box to life.
 *
 * @param box the input
 * @param list the list that is shown under it
 * @param find finds what fits words: an array of {children, choose, said}, or of {note} for a line
 *   that can't be chosen; called as find(words, signal)
 * @param whenEmpty whether there are choices for no words, too
 */
export function combobox(box, list, find, whenEmpty = false) {
  const name = `options-${(boxes += 1)}`;
  let asked = null; // the search that is under way
  let takesFirst = false; // whether Enter was pressed before what fits was there
  let at = -1; // the option that is marked

  box.addEventListener("input", look);
  box.addEventListener("focus", () => (whenEmpty || box.value.trim()) && look());
  box.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // the keys choose a letter
    const options = list.hidden ? [] : [...list.children].filter((option) => option.role === "option");
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves && options.length) {
      event.preventDefault();
      const from = at < 0 && event.key === "ArrowUp" ? 0 : at;
      mark(options, (from + moves[event.key] + options.length) % options.length);
    } else if (event.key === "Enter" && asked) {
      event.preventDefault();
      takesFirst = true;
    } else if (event.key === "Enter" && options.length) {
      event.preventDefault();
      options[Math.max(at, 0)].click();
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      hide();
    }
  });
  box.addEventListener("blur", () => setTimeout(() => document.activeElement === box || hide(), 200));
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the box keeps the focus

  async function look() {
    const words = box.value.trim();
    asked?.abort();
    if (!words && !whenEmpty) return hide();
    const search = (asked = new AbortController());
    const items = await Promise.resolve(find(words, search.signal)).catch((error) => [{ note: error.message }]);
    if (asked !== search) return; // another was begun, or it was left
    asked = null;
    show(items);
    if (takesFirst) list.querySelector('[role="option"]')?.click();
    takesFirst = false;
  }

  function show(items) {
    list.replaceChildren(
      ...items.map((item, place) =>
        item.note
          ? make("li", { class: "none", role: "presentation" }, item.note)
          : make(
              "li",
              { role: "option", id: `${name}-${place}`, "aria-selected": "false", onclick: () => take(item) },
              ...item.children,
            ),
      ),
    );
    at = -1;
    list.hidden = false;
    box.setAttribute("aria-expanded", "true");
    box.removeAttribute("aria-activedescendant");
    announce(items.map((item) => item.note ?? item.said).filter(Boolean).slice(0, 3).join(", "));
  }

  function take(item) {
    hide();
    box.value = "";
    item.choose();
  }

  function mark(options, place) {
    options[at]?.setAttribute("aria-selected", "false");
    at = place;
    options[at].setAttribute("aria-selected", "true");
    options[at].scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", options[at].id);
  }

  function hide() {
    asked?.abort();
    asked = null;
    takesFirst = false;
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }
}

/** Makes a box and its list; the rest is as for `combobox`. */
export function makeCombobox(label, find, whenEmpty = false) {
  const id = `list-${boxes + 1}`;
  const list = make("ul", { id, role: "listbox", "aria-label": label, class: "choices", hidden: true });
  const box = make("input", {
    type: "search", role: "combobox", "aria-label": label, placeholder: label, "aria-expanded": "false",
    "aria-controls": id, "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false",
  });
  combobox(box, list, find, whenEmpty);
  return make("div", { class: "combobox" }, box, list);
}
