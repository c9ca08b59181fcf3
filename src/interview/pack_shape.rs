//! The shape of every content file, as data. The types in `question`, `rubric`, `mistake`, `glossary`, `pack`, `drill`, `plan`, `interviewer`
//! and `answer_shape` say the same to `serde`; a test reads a whole pack through both, so they cannot drift apart.

use super::toml_source::{
    Key,
    Shape::{self, Any, Flag, Keys, Many, Map, OneKey, OneOf, Tagged, Text, Whole},
    may, must,
};

const KINDS: Shape = OneOf(&["design", "concept", "behavioural", "coaching"]);
const ASKED_LEVEL: Shape = OneOf(&["mid", "senior", "staff"]);
const STEP: Shape = OneOf(&["constraint", "failure_mode", "mitigation", "new_cost"]);
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
    must("levels", Many(&ASKED_LEVEL)),
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

const TARGETS: &[Key] = &[may("point", Text), may("dimension", Text), may("mistake", Text), may("step", STEP)];

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
    ("too_many", &[must("any", TEXTS), must("count", Whole), must("within", Whole), may("unless", ANY_TEXTS)]),
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
    must("never_mind", TEXTS),
    must("closing", TEXTS),
    may("rambling", TEXTS),
]);

pub const DRILLS: Shape = Keys(&[
    must(
        "drills",
        Many(&Keys(&[
            must("id", Text),
            must("title", Text),
            must("about", Text),
            must("on", OneOf(&["question", "answer", "pair", "probe"])),
            may("kinds", Any(&KINDS)),
            must("rounds", Keys(&[must("least", Whole), must("most", Whole)])),
            must("seconds", Whole),
            may("least_seconds", Whole),
            must("opening", TEXTS),
            may("time_left", TEXTS),
            must("closing", TEXTS),
            must("counts", Tagged("what", COUNTS)),
            may("keeps_out", Keys(&[must("cues", TEXTS), must("says", Text)])),
        ])),
    ),
    may(
        "pairs",
        Any(&Keys(&[
            must("id", Text),
            must("ask", Text),
            must("first", SIDE),
            must("second", SIDE),
            must("decides", Text),
            must("decides_cues", TEXTS),
        ])),
    ),
    may(
        "failures",
        Any(&Keys(&[
            must("id", Text),
            must("title", Text),
            must("ask", Text),
            must("cues", TEXTS),
            must("detection", Text),
            must("detection_cues", TEXTS),
            must("mitigation", Text),
            must("mitigation_cues", TEXTS),
        ])),
    ),
]);

/// Something that is named, and how it is heard.
const HEARD_PART: Shape = Keys(&[must("id", Text), must("says", Text), must("cues", TEXTS)]);

const SIDE: Shape = Keys(&[must("name", Text), must("wins", Text), must("cues", TEXTS)]);

const COUNTS: &[(&str, &[Key])] = &[
    ("constraints", &[must("least", Whole)]),
    ("parts", &[must("least", Whole), must("parts", Many(&HEARD_PART))]),
    ("failures", &[must("least", Whole)]),
    ("steps", &[must("shape", Text), must("least", Whole)]),
    ("choice", &[must("parts", Many(&HEARD_PART))]),
    ("survived", &[must("shape", Text), must("steps", Whole)]),
];

pub const PLANS: Shape = Keys(&[must(
    "plans",
    Many(&Keys(&[
        must("id", Text),
        must("title", Text),
        must("about", Text),
        must("days", Whole),
        may("may_begin_on", Whole),
        may("must_name", Any(&HEARD_PART)),
        must("sessions", Many(&PLAN_SESSION)),
    ])),
)]);

const PLAN_SESSION: Shape = Keys(&[
    must("id", Text),
    must("day", Whole),
    must("title", Text),
    must("goal", Text),
    must("form", OneOf(&["mock", "practice", "drill", "review"])),
    must("minutes", Whole),
    may("questions", ANY_TEXTS),
    may("choose", Whole),
    may("drills", ANY_TEXTS),
    may("dimensions", ANY_TEXTS),
    may("mistakes", ANY_TEXTS),
    may("focus", ANY_TEXTS),
    may("write_down", ANY_TEXTS),
]);

pub const INTERVIEWERS: Shape = Keys(&[
    must(
        "levels",
        Many(&Keys(&[
            must("id", ASKED_LEVEL),
            must("title", Text),
            must("expects", Text),
            must("probes", Whole),
            must("presses_on", PRESSES_ON),
        ])),
    ),
    must(
        "styles",
        Many(&Keys(&[must("id", Text), must("title", Text), must("about", Text), must("presses_on", PRESSES_ON)])),
    ),
    must(
        "tempers",
        Many(&Keys(&[
            must("id", Text),
            must("title", Text),
            must("about", Text),
            must("probe_preface", TEXTS),
            may("greeting", ANY_TEXTS),
            may("acknowledgement", ANY_TEXTS),
            may("nudge", ANY_TEXTS),
            may("patience", ANY_TEXTS),
            may("your_call", ANY_TEXTS),
            may("never_mind", ANY_TEXTS),
            may("closing", ANY_TEXTS),
            may("rambling", ANY_TEXTS),
            may("cuts_in", OneOf(&["on_rambling", "on_words", "soon"])),
        ])),
    ),
]);

const PRESSES_ON: Shape = Keys(&[may("dimensions", ANY_TEXTS), may("steps", Any(&STEP)), may("mistakes", ANY_TEXTS)]);

pub const ANSWER_SHAPES: Shape = Keys(&[must(
    "shapes",
    Many(&Keys(&[
        must("id", Text),
        must("title", Text),
        must("about", Text),
        may("kinds", Any(&KINDS)),
        must("seconds", Whole),
        must(
            "steps",
            Many(&Keys(&[
                must("id", Text),
                must("title", Text),
                must("says", Text),
                must("share", Whole),
                must("cues", TEXTS),
            ])),
        ),
        may("clock", Any(&Keys(&[must("title", Text), must("minutes", Whole), must("steps", TEXTS)]))),
    ])),
)]);

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
