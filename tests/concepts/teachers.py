"""The names of the teachers' outputs, as the teachers write them."""

# Those of AudioSet's 527 classes that the vocabulary uses.
AUDIOSET = """
Speech | Male speech, man speaking | Conversation | Narration, monologue | Shout | Yell |
Screaming | Singing | Choir | Chant | Mantra | Male singing | Female singing | Rapping |
Cheering | Applause | Crowd | Electric guitar | Acoustic guitar | Steel guitar, slide guitar |
Banjo | Sitar | Mandolin | Zither | Ukulele | Keyboard (musical) | Piano | Electric piano |
Organ | Electronic organ | Hammond organ | Synthesizer | Harpsichord | Drum kit | Drum machine |
Drum | Snare drum | Bass drum | Timpani | Tabla | Cymbal | Hi-hat | Wood block | Tambourine |
Rattle (instrument) | Maraca | Tubular bells | Mallet percussion | Marimba, xylophone |
Glockenspiel | Vibraphone | Orchestra | Brass instrument | French horn | Trumpet | Trombone |
Bowed string instrument | String section | Violin, fiddle | Pizzicato | Cello | Wind instrument,
woodwind instrument | Flute | Saxophone | Clarinet | Harp | Bell | Church bell | Jingle bell |
Harmonica | Accordion | Pop music | Hip hop music | Rock music | Heavy metal | Rock and roll |
Psychedelic rock | Rhythm and blues | Soul music | Reggae | Country | Swing music | Bluegrass |
Funk | Folk music | Middle Eastern music | Jazz | Disco | Classical music | Opera | Electronic
music | House music | Techno | Electronica | Electronic dance music | Ambient music | Trance
music | Music of Latin America | Salsa music | Flamenco | Blues | Music for children | New-age
music | Music of Africa | Afrobeat | Christian music | Gospel music | Carnatic music |
Traditional music | Independent music | Song | Background music | Theme music | Soundtrack music
| Lullaby | Video game music | Christmas music | Dance music | Happy music | Funny music | Sad
music | Tender music | Exciting music | Angry music | Scary music | Hum | Inside, large room or
hall | Reverberation | Echo | Noise | Static | Distortion | Throbbing
"""

# All tags of MSD_musicnn.
MUSICNN = """
rock | pop | alternative | indie | electronic | female vocalists | dance | 00s | alternative
rock | jazz | beautiful | metal | chillout | male vocalists | classic rock | soul | indie rock |
Mellow | electronica | 80s | folk | 90s | chill | instrumental | punk | oldies | blues | hard
rock | ambient | acoustic | experimental | female vocalist | guitar | Hip-Hop | 70s | party |
country | easy listening | sexy | catchy | funk | electro | heavy metal | Progressive rock | 60s
| rnb | indie pop | sad | House | happy
"""


def names(text: str) -> set[str]:
    """The names in one of the lists above."""
    return {" ".join(name.split()) for name in text.split("|")}
