//! The shape of every content file, as data. The types in `question`, `rubric`, `mistake`, `glossary` and `pack` say the same to `serde`;
//! a test reads a whole pack through both, so they cannot drift apart.

use super::toml_source::{
    Key,
    Shape::{self, Any, Flag, Keys, Many, Map, OneKey, OneOf, Tagged, Text, Whole},
    may, must,
};

const KINDS: Shape = OneOf(&["design", "concept", "behavioural", "coaching"]);
const ANY_TEXTS: Shape = Any(&Text);
const TEXTS: Shape = Many(&Text);

pub const MANIFEST: Shape = Keys(&[
    must("format_version", Whole),
    must("name", Text),
    must("title", Text),
    must("about", Text),
    must("families", Map(&Text)),
]);

pub const QUESTION: Shape = Keys(&[
    must("id", Text),
    must("kind", KINDS),
    must("family", Text),
    must("difficulty", OneOf(&["easy", "medium", "hard"])),
    must("levels", Many(&OneOf(&["mid", "senior", "staff"]))),
    must("minutes", Whole),
    must("ask", Text),
    must("tests", Text),
    may("hard_part", ANY_TEXTS),
    may("no_occasion", ANY_TEXTS),
    may("mistakes", ANY_TEXTS),
    may("glossary", ANY_TEXTS),
    must("outline", TEXTS),
    must("weak_opening", Text),
    must("strong_opening", Text),
    must("tip", Text),
    must("points", Many(&POINT)),
    may("constraints", Any(&CONSTRAINT)),
    must("probes", Many(&PROBE)),
    may("facts", Any(&FACT)),
]);

const POINT: Shape = Keys(&[must("id", Text), must("says", Text), must("dimension", Text), must("cues", TEXTS)]);

const CONSTRAINT: Shape = Keys(&[must("id", Text), must("asked", TEXTS), must("says", Text)]);

const PROBE: Shape = Keys(&[
    must("id", Text),
    must("ask", Text),
    must("for", OneKey(TARGETS)),
    may("requires_said", ANY_TEXTS),
    must(
        "good",
        Keys(&[must("constraint", Text), must("failure_mode", Text), must("mitigation", Text), must("new_cost", Text)]),
    ),
]);

const TARGETS: &[Key] = &[
    may("point", Text),
    may("dimension", Text),
    may("mistake", Text),
    may("step", OneOf(&["constraint", "failure_mode", "mitigation", "new_cost"])),
];

const FACT: Shape = Keys(&[must("says", Text), must("source", Text)]);

pub const MISTAKES: Shape = Keys(&[must(
    "mistakes",
    Any(&Keys(&[
        must("id", Text),
        must("title", Text),
        must("advice", Text),
        may("kinds", Any(&KINDS)),
        must("heard", Tagged("when", DETECTORS)),
        may("interjections", TEXTS),
    ])),
)]);

const DETECTORS: &[(&str, &[Key])] = &[
    ("said", &[must("any", TEXTS), may("unless", ANY_TEXTS)]),
    ("said_early", &[must("any", TEXTS), must("words", Whole), may("unless", ANY_TEXTS)]),
    ("said_before", &[must("any", TEXTS), must("unless", TEXTS)]),
    ("missing", &[must("none", TEXTS), must("min_words", Whole)]),
    ("too_many", &[must("any", TEXTS), must("count", Whole), may("unless", ANY_TEXTS)]),
];

pub const GLOSSARY: Shape =
    Keys(&[must("terms", Any(&Keys(&[must("term", Text), may("spoken", ANY_TEXTS), may("misheard", ANY_TEXTS)])))]);

const PROBES_OF_A_KIND: Shape = Keys(&[must("probes", Many(&PROBE))]);

pub const GENERIC_PROBES: Shape = Keys(&[
    must("design", PROBES_OF_A_KIND),
    must("concept", PROBES_OF_A_KIND),
    must("behavioural", PROBES_OF_A_KIND),
    may("coaching", PROBES_OF_A_KIND),
    may("pressure", PROBES_OF_A_KIND),
]);

pub const PHRASES: Shape = Keys(&[
    must("greeting", TEXTS),
    must("acknowledgement", TEXTS),
    must("nudge", TEXTS),
    must("patience", TEXTS),
    must("your_call", TEXTS),
    must("closing", TEXTS),
]);

pub const RUBRIC: Shape = Keys(&[
    must("format_version", Whole),
    must("id", OneOf(&["design", "concept", "behavioural", "pressure"])),
    must("title", Text),
    must(
        "dimensions",
        Many(&Keys(&[
            must("id", Text),
            must("title", Text),
            must("about", Text),
            must(
                "anchors",
                Keys(&[must("weak", Text), must("adequate", Text), must("strong", Text), must("excellent", Text)]),
            ),
            must("checks", Many(&CHECK)),
        ])),
    ),
]);

const CHECK: Shape = Keys(&[
    must("id", Text),
    must("level", Whole),
    must("says", Text),
    must("yes", Text),
    must("near_miss", Text),
    may("needs_number", Flag),
]);
