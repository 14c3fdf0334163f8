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
  beginWith: "Or begin with one of these:",
  neighborsOf: (name) => `Sounds like ${name}, and why`,
  both: (names) => names.join(" and "),
  rankedBy: (queries) =>
    queries > 1
      ? "Those that are like all of it come first; the number is the similarity to the nearest of them."
      : "The order is not that of the similarity alone.",
  neighborsOfSeveral: (number) => `Sounds like these ${number}, and why`,
  neighborsOfWords: (words) => `Sounds like “${words}”, and why`,
  noNeighbors: "No track fits. Remove a filter to find more.",
  more: "Show more",

  play: (name) => `Play ${name}`,
  pause: (name) => `Pause ${name}`,
  seek: "Position",
  volume: "Volume",
  cannotDecode: (name) => `This browser can't decode ${name}.`,
  noPicture: "The spectrogram can't be shown.",
  inEachEar: (left, right) => `Left: ${left}. Right: ${right}.`,

  why: "Why",
  moreLikeThis: "More like this",
  notLikeThis: "Not like this",
  addSeed: "Also like this",
  remove: "Remove",
  addToPlaylist: "Add to the playlist",
  similarity: "similarity",
  ofTheScore: "What adds up to the score",
  others: "all others",
  unexplained: "unexplained",
  because: "tested: without it, they would be less similar",

  // Why
  alike: "Which passages are alike",
  matrixHint: "Each square is a passage of one with a passage of the other; the more blue, the more it adds.",
  matrix: (query, near) => `Passages of ${query}, downwards, and of ${near}, to the right. Arrow keys move, Enter plays both.`,
  pair: (one, other, value) => `${one} with ${other} adds ${value}`,
  hearInTurn: "Hear one, then the other",
  hearAtOnce: "One in each ear",
  headphones: "With headphones: the first track on the left, the second on the right",
  heardInBoth: "Heard in both:",
  playsIt: "Shows where, and plays it in both",
  showCells: "Color what adds to it",
  computingCells: "The model listens to both again. This takes a few seconds …",
  cellsAdd: "adds to the similarity",
  cellsTake: "takes from it",
  withoutSliders: "The passages and colors are of the tracks themselves, without the sliders.",
  whatIf: "What would have to change",
  wouldChange: (name, from, to, inside, length) => {
    const [word, then, now] = to > from ? ["more", to, from] : ["less", 100 - to, 100 - from];
    const list = inside ? "it would drop out of" : "it would be among";
    return `With ${word} ${name} than ${then} % of the library, ${list} the first ${length}; now it is ${now} %.`;
  },
  noChange: "No change of one thing alone would move it out of the first ten, or into them.",
  whyNot: "Why this one and not another?",
  anotherTrack: "Another track",
  leadOver: (one, other) => `What speaks for ${one}, against ${other}`,
  lead: "lead",

  // What is not there
  missing: "Is a track missing?",
  missingWords: "Its title, artist or file",
  lookUp: "Look",
  noSuchTrack: (words) => `Neither the library nor its folder of music has “${words}”.`,

  features: {
    onset_rate_hz: "note density", centroid_hz: "brightness", percussive_share: "percussion",
    bass_share: "bass", pulse_clarity: "pulse clarity", tonal_clarity: "tonal clarity",
    loudness_range_lu: "dynamic range",
  },

  // Steering
  steer: "More or less of",
  less: "less",
  moreOf: "more",
  reset: "As it was",
  addConcept: "Another sound …",
  lessMore: (name, value) =>
    value === 0 ? `${name}: as it is` : value > 0 ? `${name}: more` : `${name}: less`,
  costs: (before, after) => `The first ten are ${after} similar on average; without the sliders ${before}.`,
  weigh: "What counts how much",
  notAtAll: "not at all",
  fourTimes: "four times",
  counts: (name, value) => `${name}: counts ${value} times`,
  options: "Which come first",
  by: "Compare",
  bySound: "how they sound",
  byFeatures: "measured features",
  byBoth: "both",
  otherArtists: "Other artists only",
  perArtist: "One track by each artist",
  fewerHubs: "Fewer of those that are near everything",
  diversity: "Variety",
  closest: "most alike",
  varied: "varied",
  filter: "Only some tracks",
  left: (number) => (number === 1 ? "1 track" : `${number} tracks`),
  facets: { year: "From any year", duration_seconds: "Of any length", artist: "By any artist", concepts: "With much of …" },
  decade: (year) => `${year}s`,
  minutes: (low, high) =>
    !high ? `over ${low} minutes` : low ? `${low} to ${high} minutes` : `under ${high} minutes`,
  muchOf: (name) => `much ${name}`,
  noArtist: "No artist begins so.",
  where: "Write a condition",
  whereExample: "year > 1990 and piano > 0.5",
  whereHint: "Tags, features, and concepts from 0 to 1: the share of the library that has less.",
  measured: "Measured",

  listOf: (number) => (number === 1 ? "1 track" : `${number} tracks`),
  up: "Earlier",
  down: "Later",
  clear: "Clear",
  saveM3u: "Save as M3U",
  close: "Close",

  // The server
  awayTrying: "The server does not answer. This page tries again until it does.",
  back: "The server is back.",
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
