// Reaches the server; while it is away, requests wait until it is back, and the page says so.

import { announce, make } from "./dom.js";
import { messages } from "./messages.js";

const PAUSES = [0.5, 1, 2, 4]; // seconds between attempts; the last again and again
let away = null; // what says that the server is away
const waiting = new Set(); // those who try again at once when there is hope

addEventListener("online", retryNow);
document.addEventListener("visibilitychange", () => document.hidden || retryNow());

/** Fetches; where the server can't be reached, it tries until it can or the signal is aborted. */
export async function reach(url, options = {}) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const answer = await fetch(url, options);
      isBack();
      return answer;
    } catch (error) {
      if (error.name === "AbortError") throw error;
      isAway();
      await pause(PAUSES[Math.min(attempt, PAUSES.length - 1)], options.signal);
    }
  }
}

/** Waits some seconds, unless the signal is aborted. */
export function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const end = (finish) => () => {
      clearTimeout(timer);
      waiting.delete(go);
      signal?.removeEventListener("abort", stop);
      finish();
    };
    const go = end(resolve);
    const stop = end(() => reject(new DOMException("", "AbortError")));
    const timer = setTimeout(go, 1000 * seconds);
    waiting.add(go);
    signal?.addEventListener("abort", stop);
  });
}

/** Calls a function each time that the server is back, as long as an element is on the page. */
export function whenBack(element, call) {
  const listen = () => {
    if (element.isConnected) call();
    else removeEventListener("serverback", listen);
  };
  addEventListener("serverback", listen);
}

function retryNow() {
  for (const go of [...waiting]) go();
}

function isAway() {
  if (away) return;
  away = make("p", { class: "away", role: "alert" }, messages.awayTrying);
  document.body.append(away);
}

function isBack() {
  if (!away) return;
  away.remove();
  away = null;
  announce(messages.back);
  dispatchEvent(new Event("serverback"));
}
