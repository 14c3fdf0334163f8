// How features are called.

import { messages } from "./messages.js";

const labels = new Map(Object.entries(messages.features));

/** Takes the names that the server gives: {name, label}. */
export function learnLabels(concepts) {
  for (const { name, label } of concepts) labels.set(name, label);
}

/** What a feature is called. */
export function labelOf(feature) {
  return labels.get(feature) ?? feature.replaceAll("_", " ").replace(/ (hz|lufs|bpm)$/, "");
}
