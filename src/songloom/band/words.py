"""The words of captions: how each style and mood may be called, where such music is used, and held-out wordings.

`words` stand in training captions. `held_out` never does: no training caption contains one of these wordings
(a test reads thousands of captions for them), so prompts written from them measure how far a model
understands words that it was not taught. A style's words are attributive: "a sad {word} track".
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Wording:
    """`words` and `held_out` say the same thing; `things` is what one calls a piece of it; `scenes` where it
    is heard or what for; `held_out_scenes` the same for evaluation alone."""

    words: tuple[str, ...]
    held_out: tuple[str, ...] = ()
    things: tuple[str, ...] = ("piece", "track", "tune", "instrumental")
    scenes: tuple[str, ...] = ()
    held_out_scenes: tuple[str, ...] = ()


# What an ensemble's music is called when fewer than so many of its players play.
REDUCED: dict[str, tuple[int, tuple[str, ...]]] = {
    "jazz trio": (3, ("jazz", "acoustic jazz", "jazzy")),
    "big band": (4, ("swing", "swing jazz", "jazz")),
    "string quartet": (3, ("chamber", "classical chamber", "classical")),
    "orchestra": (4, ("symphonic", "classical", "orchestral-style")),
}


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _style(words: str, held_out: str, things: str, scenes: str = "") -> Wording:
    return Wording(_split(words), _split(held_out), _split(things), _split(scenes))


def _mood(words: str, held_out: str, scenes: str, held_out_scenes: str) -> Wording:
    return Wording(_split(words), _split(held_out), (), _split(scenes), _split(held_out_scenes))


_CLASSICAL = "piece, composition, miniature, instrumental"
_SONG = "song, track, tune, instrumental"
_BEAT = "track, beat, instrumental"

STYLES: dict[str, Wording] = {
    "solo piano": _style(
        "solo piano, unaccompanied piano, piano-only, piano solo",
        "pianist-alone, lone piano, just-a-piano",
        _CLASSICAL,
        "for a piano recital, for a small living room",
    ),
    "solo guitar": _style(
        "solo guitar, unaccompanied guitar, guitar-only, fingerstyle guitar",
        "lone guitar, campfire guitar, just-a-guitar",
        "piece, tune, instrumental",
        "for an evening on the porch",
    ),
    "solo harp": _style(
        "solo harp, unaccompanied harp, harp-only, harp solo",
        "lone harp, harpist-alone, just-a-harp",
        _CLASSICAL,
        "for a wedding ceremony, for a spa",
    ),
    "solo flute": _style(
        "solo flute, unaccompanied flute, flute-only, flute solo",
        "lone flute, flautist-alone, just-a-flute",
        _CLASSICAL,
        "for a walk in the woods",
    ),
    "solo cello": _style(
        "solo cello, unaccompanied cello, cello-only, cello solo",
        "lone cello, cellist-alone, just-a-cello",
        _CLASSICAL,
        "for a chamber recital",
    ),
    "solo violin": _style(
        "solo violin, unaccompanied violin, violin-only, violin solo",
        "lone violin, violinist-alone, just-a-violin",
        _CLASSICAL,
        "for a chamber recital",
    ),
    "music box": _style(
        "music box, wind-up music box, musical box, clockwork music box",
        "nursery, toy-box, jewellery-box",
        "tune, melody, piece",
        "for a baby's room, for a fairy tale",
    ),
    "church organ": _style(
        "church organ, pipe organ, organ solo, solo organ",
        "cathedral, chapel, liturgical",
        _CLASSICAL,
        "for a church service, for a solemn procession",
    ),
    "string quartet": _style(
        "string quartet, classical string quartet, chamber strings, quartet",
        "conservatory, salon, bowed foursome",
        _CLASSICAL,
        "for a concert hall, for a formal reception",
    ),
    "orchestra": _style(
        "orchestral, symphonic, classical orchestra, full orchestra",
        "philharmonic, hundred-piece, grand concert",
        "piece, composition, score, instrumental",
        "for a film score, for a concert hall",
    ),
    "cinematic": _style(
        "cinematic, film score, soundtrack, movie score",
        "blockbuster, big-screen, Hans Zimmer style",
        "piece, score, cue, track",
        "for a film trailer, for the opening of a movie",
    ),
    "jazz trio": _style(
        "jazz trio, acoustic jazz, small-group jazz, jazz combo",
        "speakeasy, smoky bar, late-night lounge",
        "piece, tune, number, instrumental",
        "for a jazz club, for a wine bar",
    ),
    "big band": _style(
        "big band, swing, big band jazz, swing jazz",
        "ballroom, jitterbug, Count Basie style",
        "piece, tune, number, instrumental",
        "for a dance hall, for a gala night",
    ),
    "bossa nova": _style(
        "bossa nova, bossa, Brazilian jazz, Brazilian bossa",
        "Ipanema, Rio de Janeiro, Jobim style",
        "tune, piece, song, instrumental",
        "for a beach bar, for a coffee shop",
    ),
    "salsa": _style(
        "salsa, Latin, Afro-Cuban, Latin dance",
        "Havana, mambo, Caribbean party",
        "tune, track, number, instrumental",
        "for a dance class, for a street party",
    ),
    "reggae": _style(
        "reggae, roots reggae, Jamaican reggae, island reggae",
        "Kingston, rastafarian, Bob Marley style",
        _SONG,
        "for a beach afternoon, for a summer barbecue",
    ),
    "folk": _style(
        "folk, acoustic folk, folksy, traditional folk",
        "campfire, troubadour, village fair",
        _SONG,
        "for a walk in the countryside, for a cosy pub",
    ),
    "celtic": _style(
        "Celtic, Irish folk, Irish traditional, Celtic folk",
        "Gaelic, Riverdance, Dublin pub",
        "tune, piece, reel, instrumental",
        "for a pub session, for a journey through green hills",
    ),
    "country": _style(
        "country, Nashville country, country and western, country folk",
        "wild-west, rodeo, cowboy",
        _SONG,
        "for a road trip, for a ranch at sunset",
    ),
    "bluegrass": _style(
        "bluegrass, Appalachian, old-time, mountain bluegrass",
        "hoedown, hillbilly, Kentucky",
        _SONG,
        "for a barn dance",
    ),
    "blues": _style(
        "blues, twelve-bar blues, Chicago blues, bluesy",
        "Delta, juke joint, B.B. King style",
        _SONG,
        "for a late-night bar, for a dusty highway",
    ),
    "funk": _style(
        "funk, funky, seventies funk, groovy funk",
        "James Brown style, booty-shaking, P-funk",
        "track, groove, jam, instrumental",
        "for a dance floor, for a heist scene",
    ),
    "soul": _style(
        "soul, R&B, Motown soul, classic soul",
        "Aretha Franklin style, Stax, Northern soul",
        _SONG,
        "for a lazy evening, for a warm Sunday morning",
    ),
    "gospel": _style(
        "gospel, gospel soul, church gospel, praise",
        "Sunday worship, hallelujah, tabernacle",
        _SONG,
        "for a church gathering",
    ),
    "disco": _style(
        "disco, seventies disco, dance-floor disco, funky disco",
        "Studio 54, mirror-ball, Bee Gees style",
        "track, tune, groove, instrumental",
        "for a dance floor, for a roller rink",
    ),
    "rock": _style(
        "rock, melodic rock, classic rock, alternative rock",
        "stadium anthem, garage band, AC/DC style",
        _SONG,
        "for a highway drive, for a sports broadcast",
    ),
    "punk": _style(
        "punk, punk rock, pop punk, raw punk",
        "Ramones style, mosh-pit, skate-park",
        _SONG,
        "for a skateboard video, for a basement show",
    ),
    "metal": _style(
        "metal, heavy metal, thrash metal, hard and heavy metal",
        "headbanging, Metallica style, shredding",
        _SONG,
        "for a monster truck show, for a boss fight",
    ),
    "pop": _style(
        "pop, mainstream pop, radio pop, contemporary pop",
        "chart-topping, Top 40, teen idol",
        _SONG,
        "for a commercial, for a lifestyle video",
    ),
    "ballad": _style(
        "ballad, lyrical ballad, pop ballad, rock ballad",
        "slow dance, torch song, heartstring",
        "song, piece, track",
        "for a couple's dance",
    ),
    "indie": _style(
        "indie, indie rock, indie pop, alternative indie",
        "bedroom band, hipster, college radio",
        _SONG,
        "for a coming-of-age film",
    ),
    "ambient": _style(
        "ambient, atmospheric, ambient electronic, soundscape",
        "Brian Eno style, drone, weightless",
        "piece, track, instrumental",
        "for meditation, for yoga, for deep focus",
    ),
    "downtempo": _style(
        "downtempo, chillout, trip hop, chill electronic",
        "Café del Mar, bong-room, Portishead style",
        _BEAT,
        "for a lounge, for a late evening",
    ),
    "house": _style(
        "house, deep house, house music, classic house",
        "Ibiza, Chicago warehouse, club banger",
        "track, tune, groove",
        "for a night club, for a rooftop party",
    ),
    "techno": _style(
        "techno, minimal techno, underground techno, electronic techno",
        "Berlin club, warehouse rave, banger for the rave",
        "track, groove, instrumental",
        "for a packed club, for a peak-time DJ set",
    ),
    "trance": _style(
        "trance, melodic trance, progressive trance, electronic trance",
        "hands-in-the-air, Tiësto style, Goa",
        "track, anthem, instrumental",
        "for a festival main stage, for a sunrise set",
    ),
    "drum and bass": _style(
        "drum and bass, drum & bass, dnb, drum'n'bass",
        "jungle, breakneck rave, Goldie style",
        "track, roller, instrumental",
        "for a racing game, for a car chase",
    ),
    "dubstep": _style(
        "dubstep, electronic dubstep, deep dubstep, bass music",
        "Skrillex style, wobble, brostep",
        "track, beat, instrumental",
        "for a gaming montage",
    ),
    "trap": _style(
        "trap, trap hip hop, modern hip hop, southern trap",
        "Atlanta, drill-like, Metro Boomin type",
        _BEAT,
        "for a rapper, for a street dance video",
    ),
    "hip hop": _style(
        "hip hop, boom bap, hip-hop, old-school hip hop",
        "nineties rap, Brooklyn, J Dilla style",
        _BEAT,
        "for a rapper, for a skate video",
    ),
    "lo-fi hip hop": _style(
        "lo-fi hip hop, lofi, lo-fi, chillhop",
        "study-beats, sleepy-headphone, YouTube study stream",
        _BEAT,
        "for studying, for a rainy day indoors, for reading",
    ),
    "synthwave": _style(
        "synthwave, retrowave, eighties synthwave, outrun",
        "Miami Vice, VHS, Stranger Things style",
        "track, instrumental, tune",
        "for a neon-lit night drive, for a retro game",
    ),
    "chiptune": _style(
        "chiptune, 8-bit, video game, retro game",
        "Nintendo, Game Boy, arcade cabinet",
        "track, tune, theme",
        "for a platform game, for a pixel-art adventure",
    ),
    "electro": _style(
        "electro, electro pop, dance electronic, electronic dance",
        "Daft Punk style, robot disco, Kraftwerk style",
        "track, tune, instrumental",
        "for a fashion show",
    ),
    "waltz": _style(
        "waltz, Viennese waltz, waltzing, classical waltz",
        "one-two-three, Strauss style, three-step ballroom",
        _CLASSICAL,
        "for a ball, for a first dance",
    ),
    "baroque": _style(
        "baroque, Baroque chamber, baroque classical, early classical",
        "Bach style, powdered-wig, Versailles",
        _CLASSICAL,
        "for a palace, for a period drama",
    ),
    "march": _style(
        "march, marching, military march, ceremonial march",
        "parade-ground, Sousa style, bandstand",
        "piece, tune, composition",
        "for a parade",
    ),
    "world": _style(
        "world music, ethnic, world fusion, global folk",
        "caravan, bazaar, silk-road",
        "piece, track, instrumental",
        "for a travel documentary",
    ),
    "new age": _style(
        "new age, relaxation, meditative, healing",
        "zen garden, massage-room, chakra",
        "piece, track, instrumental",
        "for meditation, for a spa",
    ),
}

MOODS: dict[str, Wording] = {
    "happy": _mood(
        "happy, cheerful, joyful, merry, sunny, bright and happy, feel-good, good-humoured, upbeat",
        "jolly, gleeful, grinning, smiling",
        "for a sunny day, for a birthday party, for a family video",
        "for skipping down the street, to put a smile on my face",
    ),
    "sad": _mood(
        "sad, sorrowful, unhappy, tearful, heartbroken, grieving, downcast, gloomy and sad, blue",
        "mournful, weeping, forlorn, heartbreaking",
        "for a farewell scene, for a rainy day, for a heartbreak",
        "for a funeral, after a painful break-up",
    ),
    "calm": _mood(
        "calm, peaceful, relaxing, gentle, tranquil, soothing, quiet, restful, mellow",
        "serene, placid, lullaby-like, unwinding",
        "for studying, for falling asleep, for relaxing at home, for a quiet morning",
        "to unwind after work, for a baby's bedtime",
    ),
    "energetic": _mood(
        "energetic, lively, driving, vigorous, high-energy, pumped-up, powerful and pulsing, active, dynamic",
        "adrenaline-fuelled, hyper, turbo-charged, kinetic",
        "for a workout, for running, for a sports video",
        "to get pumped at the gym, to wake everybody up",
    ),
    "dark": _mood(
        "dark, brooding, ominous, sinister, shadowy, gloomy, bleak, menacing, moody",
        "spooky, foreboding, creepy, pitch-black",
        "for a horror film, for a haunted house, for a night in the city",
        "for a murder mystery, for a vampire's castle",
    ),
    "romantic": _mood(
        "romantic, tender, loving, intimate, warm-hearted, sweet, affectionate, sensual, amorous",
        "swooning, lovey-dovey, candlelit, passionate",
        "for a wedding, for a dinner for two, for a love scene",
        "for a first kiss, for Valentine's day",
    ),
    "epic": _mood(
        "epic, heroic, grand, majestic, triumphant, monumental, larger-than-life, powerful, sweeping",
        "colossal, mighty, awe-inspiring, thunderous",
        "for a battle scene, for a film trailer, for a fantasy adventure",
        "for dragons and knights, for the final showdown",
    ),
    "dreamy": _mood(
        "dreamy, ethereal, floating, hazy, dreamlike, otherworldly, hypnotic, airy, spacey",
        "celestial, cloud-like, surreal, half-asleep",
        "for stargazing, for drifting through space, for daydreaming",
        "like walking on clouds, for an underwater palace",
    ),
    "tense": _mood(
        "tense, suspenseful, anxious, nervous, uneasy, restless, dramatic and tense, on-edge, urgent",
        "nail-biting, jittery, cliff-hanging, paranoid",
        "for a thriller, for a chase scene, for a countdown",
        "for defusing a bomb, for sneaking past the guards",
    ),
    "playful": _mood(
        "playful, whimsical, quirky, funny, light-hearted, mischievous, cute, bouncy, humorous",
        "silly, goofy, cheeky, zany",
        "for a cartoon, for a children's game, for a comedy scene",
        "for kittens at play, for a clown's entrance",
    ),
    "melancholic": _mood(
        "melancholic, wistful, bittersweet, longing, pensive, lonely, reflective, melancholy, introspective",
        "yearning, world-weary, rueful, sighing",
        "for a lonely walk in autumn, for late-night thoughts, for the end of summer",
        "for staring out of a train window, for missing somebody",
    ),
    "uplifting": _mood(
        "uplifting, hopeful, inspiring, optimistic, motivational, positive, encouraging, soaring, life-affirming",
        "spirit-raising, heartening, rousing, sky-high",
        "for a success story, for a graduation video, for a charity campaign",
        "for crossing the finish line, for a new beginning",
    ),
    "aggressive": _mood(
        "aggressive, angry, fierce, hard-hitting, furious, violent, raging, intense, brutal",
        "savage, ferocious, bone-crushing, berserk",
        "for a fight scene, for a boss battle, for an action game",
        "for smashing things up, for a gladiator arena",
    ),
    "nostalgic": _mood(
        "nostalgic, sentimental, retro and nostalgic, wistfully nostalgic, reminiscent, memory-filled, bygone, "
        "homesick",
        "rose-tinted, yesteryear, sepia-toned, misty-eyed",
        "for looking through an old family album, for childhood memories, for a film flashback",
        "for a class reunion, for grandma's attic",
    ),
}  # fmt: skip


def style_wording(style: str, players: int) -> Wording:
    """The words of a style as `players` play it; a style that the table lacks is called by its own name."""
    wording = STYLES.get(style, Wording((style,)))
    needed, words = REDUCED.get(style, (0, ()))
    return replace(wording, words=words) if players < needed else wording


def mood_wording(mood: str) -> Wording:
    """The words of a mood; a mood that the table lacks is called by its own name."""
    return MOODS.get(mood, Wording((mood,)))
