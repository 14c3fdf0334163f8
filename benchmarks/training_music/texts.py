"""Words to speak, rap and sing, put together by chance."""

import numpy as np

_WHO = (
    "the river", "my brother", "a stranger", "the morning", "every window", "the old machine",
    "your shadow", "the city", "nobody", "a silver train", "the quiet engineer", "my heart",
    "the last letter", "this road", "her garden", "the neighbor", "a hungry crow", "the weather",
)  # fmt: skip
_DOES = (
    "walks along", "remembers", "is waiting for", "never opens", "carries", "runs away from",
    "looks at", "sings about", "is painting", "has forgotten", "counts", "follows", "breaks",
    "wants to hear", "keeps", "falls into", "throws away", "comes back to",
)  # fmt: skip
_WHAT = (
    "the northern bridge", "a paper boat", "seven lemons", "the light on the stairs", "the harbor",
    "a broken clock", "the smell of rain", "all these voices", "the winter coat", "a small fire",
    "the other side", "an empty stage", "the ticket office", "a field of barley", "the long night",
    "two cups of tea", "the telephone", "a wooden door",
)  # fmt: skip
_WHEN = (
    "tonight", "before the snow", "again and again", "on a Sunday", "with open hands", "at noon",
    "without a word", "since the summer", "in the dark", "for a while", "after the show", "slowly",
)  # fmt: skip
_RHYMES = (
    ("flow", "go", "know", "show", "low", "slow", "blow", "throw"),
    ("beat", "street", "heat", "seat", "feet", "meet", "sweet", "neat"),
    ("light", "night", "fight", "right", "tight", "bright", "might", "sight"),
    ("day", "way", "say", "play", "stay", "pay", "gray", "okay"),
    ("mind", "find", "blind", "kind", "signed", "behind", "line", "time"),
)
_RAP = (
    "I", "got", "the", "on", "my", "never", "stop", "rolling", "down", "block", "money", "pocket",
    "rocket", "talking", "walking", "like", "a", "king", "with", "city", "people", "listen",
    "every", "single", "word", "put", "it", "up", "back", "bounce", "hit", "drop", "run", "you",
    "can't", "catch", "me", "we", "all", "in", "microphone", "check", "homie", "rhythm", "double",
    "trouble", "paper", "stack", "count", "wake", "grind", "hustle", "from", "bottom", "top",
)  # fmt: skip
SUNG = (
    "day", "night", "rain", "love", "home", "road", "away", "my", "heart", "you", "me", "sky",
    "fall", "alone", "blue", "stay", "go", "now", "more", "time", "know", "oh", "light", "fire",
    "dream", "moon", "slow", "tell", "wind", "gold", "mine", "free", "hold", "river", "baby",
)  # fmt: skip
VOCALISES = (
    ("ah",), ("oh",), ("ooh",), ("la",), ("na", "na", "na", "hey"), ("doo", "dah"), ("yeah", "oh"),
    ("mah", "may", "mee", "moh", "moo"), ("ah", "ee", "oh"), ("da", "ba", "doo", "dee"), ("hmm",),
)  # fmt: skip
_ELSEWHERE: dict[str, tuple[str, ...]] = {
    "es": ("la", "noche", "camina", "sobre", "el", "mar", "y", "mi", "corazón", "canta", "luna",
           "calle", "lejos", "nunca", "fuego", "agua", "vuelve", "conmigo", "sol", "viento"),
    "fr": ("la", "nuit", "danse", "sur", "les", "toits", "et", "mon", "coeur", "chante", "encore",
           "une", "fleur", "dans", "le", "vent", "jamais", "demain", "rouge", "rivière"),
    "de": ("die", "Nacht", "geht", "durch", "den", "Wald", "und", "mein", "Herz", "bleibt", "still",
           "wieder", "kommt", "der", "Regen", "über", "alte", "Dächer", "morgen", "Licht"),
    "it": ("la", "notte", "cammina", "sul", "mare", "e", "il", "mio", "cuore", "canta", "piano",
           "sempre", "una", "stella", "nel", "vento", "domani", "rosa", "fuoco", "strada"),
    "pt": ("a", "noite", "anda", "pelo", "mar", "e", "meu", "coração", "canta", "saudade", "lua",
           "rua", "longe", "nunca", "fogo", "água", "volta", "comigo", "sol", "vento"),
}  # fmt: skip
_CONSONANTS = ["k", "s", "t", "n", "h", "m", "y", "r", "w", "g", "d", "b", "p", "l", "j"]
_VOWELS = ["a", "i", "u", "e", "o", "a", "ai", "an"]


def sentence(rng: np.random.Generator, language: str) -> str:
    """A sentence; in languages without a word list here, of invented words."""
    if language.startswith("en"):
        words = [str(rng.choice(part)) for part in (_WHO, _DOES, _WHAT, _WHEN)]
        return " ".join(words[: int(rng.integers(3, 5))]).capitalize() + str(rng.choice([*".,?!."]))
    return " ".join(words_of(rng, language, int(rng.integers(5, 11)))) + "."


def words_of(rng: np.random.Generator, language: str, count: int) -> list[str]:
    """So many words to sing."""
    if language.startswith("en"):
        return [str(word) for word in rng.choice(SUNG, count)]
    if language in _ELSEWHERE:
        return [str(word) for word in rng.choice(_ELSEWHERE[language], count)]
    return [_invented(rng) for _ in range(count)]


def rap_lines(rng: np.random.Generator, count: int, words: int) -> list[list[str]]:
    """Lines of so many words, each two of which rhyme."""
    lines = []
    for number in range(count):
        if number % 2 == 0:
            pair = rng.choice(_RHYMES[int(rng.integers(len(_RHYMES)))], 2, replace=False)
        line = [str(word) for word in rng.choice(_RAP, words - 1)]
        lines.append([*line, str(pair[number % 2])])
    return lines


def _invented(rng: np.random.Generator) -> str:
    syllables = int(rng.integers(1, 4))
    return "".join(
        str(rng.choice(_CONSONANTS)) + str(rng.choice(_VOWELS)) for _ in range(syllables)
    )
