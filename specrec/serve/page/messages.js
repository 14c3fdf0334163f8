// All that the page says. Another language is another file like this one.

export const messages = {
  skip: "Skip to the neighbors",
  search: "A title, an artist, or how it should sound: calm piano, no vocals",
  library: "Library",
  views: "Views",
  explore: "Explore",
  found: "What fits",
  asked: "What you asked for",
  results: "Neighbors",
  playlist: "Playlist",
  player: "Player",

  soundsLike: (words) => `Music that sounds like “${words}”`,
  nothingFits: "No title or artist fits these words.",
  start: "Search for a track that you like, or say how it should sound.",
  examples: ["calm piano, no vocals", "energetic rock with distorted guitar", "ambient, very slow"],
  tryOne: "For example:",
  neighborsOf: (name) => `Sounds like ${name}, and why`,
  neighborsOfSeveral: (number) => `Sounds like these ${number}, and why`,
  neighborsOfWords: (words) => `Sounds like “${words}”, and why`,
  noNeighbors: "No track fits. Remove a filter to find more.",
  more: "Show more",

  play: (name) => `Play ${name}`,
  pause: (name) => `Pause ${name}`,
  seek: "Position",
  volume: "Volume",
  cannotPlay: (name) => `${name} can't be played: its file is gone, or this browser can't decode it.`,

  why: "Why",
  moreLikeThis: "More like this",
  notLikeThis: "Not like this",
  addSeed: "And like this",
  remove: "Remove",
  addToPlaylist: "Add to the playlist",
  similarity: "similarity",
  ofTheScore: "What adds up to the score",
  others: "all others",
  unexplained: "unexplained",
  because: "tested: without it, they would be less similar",
  alike: "Where they are most alike",
  hearBoth: "Hear both passages",

  features: {
    onset_rate_hz: "note density", centroid_hz: "brightness", percussive_share: "percussion",
    bass_share: "bass", pulse_clarity: "pulse clarity", tonal_clarity: "tonal clarity",
    loudness_range_lu: "dynamic range",
  },

  steer: "Steer",
  steerHint: "More or less of what the neighbors sound like",
  addConcept: "Add a sound …",
  lessMore: (name, value) =>
    value === 0 ? `${name}: as it is` : value > 0 ? `${name}: more` : `${name}: less`,
  costs: (before, after) => `best similarity ${after}, was ${before}`,
  options: "Options",
  by: "Compare by",
  bySound: "sound",
  byFeatures: "measured features",
  byBoth: "both",
  otherArtists: "Other artists only",
  perArtist: "One track an artist",
  fewerHubs: "Fewer tracks that resemble everything",
  diversity: "Diversity",
  where: "Only where",
  whereExample: "year > 1990 and duration_seconds < 300",
  measured: "Measured",

  listOf: (number) => (number === 1 ? "1 track" : `${number} tracks`),
  up: "Earlier",
  down: "Later",
  clear: "Clear",
  saveM3u: "Save as M3U",
  close: "Close",

  away: "The server does not answer.",
  problem: (detail) => `That did not work: ${detail}`,
};

/** Puts messages where the document names them. */
export function fillIn(root = document) {
  for (const [data, set] of [
    ["text", (element, text) => (element.textContent = text)],
    ["label", (element, text) => element.setAttribute("aria-label", text)],
    ["placeholder", (element, text) => element.setAttribute("placeholder", text)],
  ]) {
    for (const element of root.querySelectorAll(`[data-${data}]`)) {
      set(element, messages[element.dataset[data]]);
    }
  }
}
