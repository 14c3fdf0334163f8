// Sends the playlist to the media server to which the library is linked.

import * as api from "../api.js";
import { announce, make, nameOf } from "../dom.js";
import { messages } from "../messages.js";
import * as playlist from "./playlist.js";

/** Asks who sends it, and sends it; the password is kept nowhere. */
export function sendDialog(link, library) {
  const { entries, name } = playlist.current();
  const title = field(messages.listName, { type: "text", value: name || messages.untitled, required: true });
  const user = field(messages.user, { type: "text", value: link.user, required: true, autocomplete: "off" });
  const password = field(messages.password, { type: "password", autocomplete: "off", autofocus: true });
  const said = make("p", { class: "remark", role: "alert" });
  const button = make("button", { type: "submit", class: "hear" }, messages.sendNow);
  let replace = false;

  async function send(event) {
    event.preventDefault();
    button.disabled = true;
    const body = {
      name: title.input.value.trim(), user: user.input.value.trim(), password: password.input.value, replace,
      track_ids: entries.map(({ track }) => track.track_id),
    };
    try {
      const sent = await api.send("POST", "/link/playlists", { parameters: { library: playlist.libraryOf() ?? library }, body });
      finish(sent);
    } catch (error) {
      replace = error.status === 409;
      said.textContent = replace ? messages.takenThere(body.name) : error.message;
      button.textContent = replace ? messages.replaceThere : messages.sendNow;
    }
    button.disabled = false;
  }

  function finish({ songs, server, unlinked }) {
    password.input.value = "";
    const lines = [messages.sent(songs, server), ...(unlinked.length ? [messages.leftOut(unlinked.map(nameOf).join(", "))] : [])];
    announce(lines.join(". "));
    form.replaceChildren(
      ...lines.map((line) => make("p", {}, line)),
      make("div", { class: "actions" }, make("button", { type: "button", class: "hear", onclick: () => dialog.close() }, messages.close)),
    );
  }

  title.input.addEventListener("input", () => {
    replace = false;
    button.textContent = messages.sendNow;
  });
  const form = make(
    "form",
    { onsubmit: send },
    make("h2", {}, messages.sendTo(link.server)),
    title.label,
    user.label,
    password.label,
    make("p", { class: "remark" }, messages.passwordHint),
    said,
    make(
      "div",
      { class: "actions" },
      button,
      make("button", { type: "button", class: "small", onclick: () => dialog.close() }, messages.cancel),
    ),
  );
  const dialog = make("dialog", { class: "card", "aria-label": messages.sendTo(link.server), onclose: () => dialog.remove() }, form);
  document.body.append(dialog);
  dialog.showModal();
}

function field(text, attributes) {
  const input = make("input", attributes);
  return { input, label: make("label", {}, text, input) };
}
