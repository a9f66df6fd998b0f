"""Sentence templates of captions. `{slot}` is filled from `facts.Facts.slots`; a template is used only when
every slot it names has a phrase. "a(n)" becomes "a" or "an". HELD_OUT templates never write training captions.
"""

from __future__ import annotations

PHRASES = (
    "{mood} {style}",
    "{style}, {mood}",
    "{speed} {style}",
    "{mood} {style} with {lead}",
    "{style} with {instruments}",
    "{mood} and {mood2} {style}",
    "{style} {thing} at {tempo}",
    "{mood} {style} {thing} in {key}",
    "{style}, {tempo}",
    "{speed} {quality} {style}",
    "{mood} {lead} {thing}",
    "{mood} {alone} music",
    "{style} {scene}",
    "{style}, {absence}",
    "{mood} {style} {without}",
)

SENTENCES = (
    "A(n) {mood} {style} {thing} with {instruments}.",
    "A(n) {mood} {style} {thing} with {instruments} at {tempo}.",
    "A(n) {mood} {style} {thing} in {key} with {instruments}.",
    "A(n) {speed}, {mood} {style} {thing} featuring {instruments}.",
    "A(n) {mood} {style} {thing} at {tempo} in {key}, played on {instruments}.",
    "This {style} {thing} is {mood} and {mood2}, with {instruments}.",
    "This is a(n) {speed} {style} {thing} in {key} that sounds {mood}.",
    "This {mood} {thing} is {style}, led by {lead}, with a tempo of {tempo}.",
    "{instruments} in a(n) {mood} {style} {thing}, {scene}.",
    "A(n) {speed} {quality} {style} {thing} that feels {mood}, {scene}.",
    "A(n) {mood} {style} {thing} with {lead} playing the tune over {bass} and {drums}.",
    "A(n) {style} {thing} with {lead} over {backing}, {mood} and {speed}.",
    "A(n) {mood} {style} {thing} for {alone} alone, in {key}.",
    "A(n) {mood} {style} {thing} with {absence}, only {instruments}.",
    "{mood} {style} in {meter}, {tempo}, with {instruments}.",
    "{style} music in the key of {key} with {drums}, {bass} and a(n) {mood} mood.",
    "The {thing} is {style}, the mood is {mood}, and {lead} is in front.",
    "A(n) {style} {thing} at {tempo} with {rhythm} and a(n) {mood} feeling.",
    "Instrumental {style} in {key}, {speed} and {mood}.",
)

OPENINGS = (
    "This is a(n) {mood} {style} {thing}.",
    "The {thing} is a(n) {mood}, {mood2} example of {style}.",
    "This {style} {thing} features {instruments}.",
    "A(n) {speed} {style} {thing} with a(n) {mood} character.",
    "A(n) {mood} {style} instrumental played on {instruments}.",
    "The arrangement of this {style} {thing} is built on {instruments}.",
)

MIDDLES = (
    "The melody is played by {lead} and the harmony by {backing}.",
    "The melody belongs to {lead}, supported by {bass}.",
    "The rhythm section consists of {drums} and {bass}.",
    "There is {rhythm}, and the tempo is {speed}.",
    "The tempo is {tempo} and the key is {key}.",
    "It is played at {tempo}.",
    "It is in {key}.",
    "The tempo of this {thing} is {tempo}, in {meter}.",
    "The harmony stays in {key}, and the sound has {sound}.",
    "The recording has {sound}.",
    "It {structure} and {dynamics}.",
    "The music {dynamics}.",
    "The {thing} {structure}.",
    "It uses {instruments}, with {absence}.",
    "Everything is played by {alone}, nothing else.",
    "The pace is {speed} and the meter is {meter}.",
)

CLOSINGS = (
    "The mood is {mood} and {mood2}.",
    "It could be used {scene}.",
    "It would fit well {scene}.",
    "The overall feeling is {mood}.",
    "It evokes a(n) {mood} atmosphere.",
    "The atmosphere is {mood}, {scene}.",
)

PLAIN = (
    "{mood} {lead} {thing}",
    "{mood} {style} {thing}",
    "make me a(n) {mood} {style} {thing}",
    "make me a(n) {mood} {style} {thing} at {tempo} with {instruments}",
    "i want a(n) {speed} {style} {thing} {scene}",
    "some {mood} {style} {scene}",
    "{mood} music {scene}",
    "{style}, {tempo}, {key}",
    "{style} in {key} with {lead}",
    "play something {mood} with {instruments}",
    "give me {style} with {lead} and {bass}, {tempo}",
    "{style} {thing} with {drums}, make it {mood}",
    "can you make {mood} music with {instruments} in {key}",
    "{speed} {style}, tempo of {tempo}",
    "{mood} {speed} {style} {thing} {without}",
    "{alone} only, {mood}, {key}",
    "a(n) {style} {thing} that sounds {mood}",
    "i need {mood} background music, {instruments}, {scene}",
    "{tempo} {style} in {key}",
    "{instruments}, {mood}",
)

HELD_OUT = (
    "Could you compose something {mood}, roughly {style} in spirit?",
    "I'd love to hear {style} sounds, really {mood}.",
    "Write the score {scene}: {style}, {mood}.",
    "We're looking for {mood} vibes, think {style}.",
    "My playlist lacks {mood} music {scene}.",
    "Imagine {instruments} jamming, {mood} and very {style}.",
    "Gimme a(n) {style} {banger}, {tempo}!",
    "Let {lead} take us somewhere {mood}; keep the tonality at {key}.",
    "Theme {scene}; orchestration: {instruments}; metronome: {tempo}.",
    "Surprise me: {style} flavour, {mood} temperament, tonal centre {key}.",
    "Something you'd put on {scene}, {style} leanings, metronome {tempo}.",
    "Strictly {absence}, please: {mood}, {style} leanings.",
)
