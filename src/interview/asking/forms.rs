//! The set phrases and word lists by which [`super`] tells questions. Rows are those of [`crate::interview::word_row`].

use crate::interview::word_row::Named;

#[rustfmt::skip]
pub const AUXILIARIES: &[&str] = &[
    "do", "does", "did", "is", "are", "was", "were", "will", "would", "can", "could", "should", "shall", "must",
    "may", "might", "have", "has", "dont", "cant", "shouldnt", "wouldnt", "couldnt", "arent", "isnt", "am",
];

/// Behind these "we …" goes on with the question.
#[rustfmt::skip]
pub const EMBEDS_STATEMENT: &[&str] = &[
    "assume", "if", "that", "whether", "when", "think", "say", "mean", "suppose", "as", "where", "what", "which",
    "how", "until", "while", "once", "after", "before", "guess", "hope", "sure", "than", "fine", "okay", "or", "time",
    "often", "because", "unless", "since", "who", "start", "much",
];

/// "The traffic we should expect at the peak".
pub const WANTING: &[&str] = &[
    "have", "expect", "need", "want", "get", "see", "care", "are", "should", "must", "can", "may", "promise",
    "promised", "talk",
];

/// "The data we store".
pub const ACTING: &[&str] = &["support", "store", "handle", "hold", "know", "run", "serve", "use", "keep", "own"];

#[rustfmt::skip]
pub const CONNECTIVES: &[&str] = &[
    "and", "or", "so", "but", "also", "then", "okay", "first", "firstly", "second", "secondly", "next", "well", "now",
    "yeah", "yes", "right", "sorry", "is", "finally", "lastly", "alright", "actually", "clarify", "plus", "be",
    "question", "questions", "hmm", "like", "start", "maybe", "ask", "wondering", "wonder", "know", "check", "sure",
    "clear", "no", "thanks", "great", "oh", "hi", "hello", "design", "me",
];

/// Behind these a question is part of a statement.
#[rustfmt::skip]
pub const EMBEDDING: &[&str] = &[
    "on", "know", "knows", "knowing", "tells", "of", "depends", "see", "sees", "say", "says", "define", "defines",
    "decide", "decides", "regardless", "matter", "count", "counts", "store", "stores", "track", "tracks", "show",
    "shows", "by", "from", "for", "remember", "remembers", "check", "checks", "than", "about", "exactly", "thats",
    "understand", "learn", "learns", "measure", "measures", "report", "reports", "with", "nor", "to", "matters",
    "record", "records", "limits", "limit", "whatever", "explains", "determines", "ask", "asks", "clarify", "only",
];

#[rustfmt::skip]
pub const POLITE: &[&str] = &[
    "okay", "right", "sure", "hello", "hi", "thanks", "thank", "please", "sorry", "question", "questions", "clarify",
    "clarifying", "ask", "start", "first", "before", "few", "couple", "quick", "understand", "know", "id", "ill",
    "im", "want", "need", "now", "think", "good", "great", "alright", "lets", "thats", "make", "jump", "dive",
    "design", "designing", "requirements", "two", "three", "things", "something", "yes", "no", "else", "begin", "get",
    "scope", "interesting", "actually", "wondering", "guess", "problem", "curious", "hmm", "oh", "again", "next",
    "another",
];

pub const NAMED: &Named = &[
    (
        "we",
        &[
            "i|we|you|they|it|he|she|people|users|customers|clients|callers|there|the|a|an|this|that|these|those|our|your|each|every|one|any|all|some",
        ],
    ),
    ("aux", &["do|does|did|is|are|was|were|will|would|can|could|should|shall|must|may|might|has|have|had"]),
    (
        "adj",
        &[
            "many|much|often|long|big|large|small|fast|quick|quickly|soon|fresh|stale|old|late|strict|exact|accurate|precise|durable|available|reliable|\
           critical|important|expensive|bad|far|hot|busy|consistent|likely|deep|close|strong|sensitive|popular|skewed|global|high|low|hard|frequently|\
           fair|correct|wrong|safe|cheap|complex|short|heavy|wide|urgent|stable|slow|costly|even|private|secure|tight|rare|common|serious|realistic|detailed|tolerant|sticky",
        ],
    ),
    ("fine", &["okay|fine|safe|fair|reasonable|alright|acceptable|enough|correct|right|true|good|allowed"]),
];

/// Said to oneself.
pub const TO_ONESELF: &[&str] = &[
    "how do|would|should|could|can|will|might|did|to i|we|you ?actually ?then *1",
    "what would|will|could|might happen",
    "what could|can go wrong",
    "what do|would|should|could|can i|we ?then ?actually do|use|put|pick|choose|gain|lose|get|call|win",
    "why do|does|is|are|not|would|should|did",
    "where do|would|should|could i|we",
    "which one do|would|should i|we",
    "who would",
    "what does that|this|it buy|give|cost|imply",
    "so what",
    "whats the problem|catch|price|downside|cost|point|worst|trick|idea|difference",
];

pub const HYPOTHETICAL: &[&str] = &["what happens|happen", "what if"];

/// Tells what one would ask, and asks nothing.
pub const REPORTED: &[&str] = &[
    "id|ill ?first|also ?then ask|clarify|check|find",
    "i should|could|might ask",
    "question i would|id",
    "questions i would|id",
];

pub const ASSUMING: &[&str] = &[
    "can|could|may|shall|should|would i|we ?also ?then ?just ?safely assume|suppose|take|presume|rely|treat|say",
    "is it ?also ?still <fine> ?if|to|that|for|when",
    "would it be ?also <fine> ?if|to|that|for",
    "am i right|correct|allowed|free",
    "would you be okay|fine|happy",
    "are you okay|fine|happy ?if|with",
    "do you mind if",
    "is it ?a safe|fair|reasonable|good assumption",
];

/// Questions wherever they stand.
pub const ASKING: &[&str] = &[
    "how <adj> <aux> <we>",
    "how <adj> *4 <aux> <we>",
    "what|which <aux> <we>",
    "what|which *3 <aux> i|we|you|they|it|there|the|this|users|customers|people",
    "whats|what-are|what-is|whos|wheres the|our|your|a|an|its|their",
    "what kind|kinds|sort|sorts|type|types|scale|level|volume of",
    "do|does|should|will|can|could|are|is|must we|you|they|users|customers|people|clients need|have|want|care|expect|support|know|assume|talking|allowed|ever",
    "is|are there any|a|an|some|anything|multiple|several|other",
    "do we need|have|want|care|expect|know|own|support|assume|also",
    "i ?just ?also want|wanted|need|needed|have|like|love to know|ask|understand|clarify",
    "id ?just ?also ?first like|want|love|need to know|ask|understand|clarify",
    "i wonder|was-wondering",
    "im wondering|curious|asking",
    "can|could|would you ?please ?also tell|clarify|confirm|say|share|explain|describe|give ?me ?us ?a",
    "can|could|may i ask",
    "do you mean|want|have|know|care|expect|need",
    "are you asking|thinking|after|interested|looking",
    "did you mean",
    "are we talking|designing|building|allowed|limited|dealing|looking|expected|assuming|concerned|supposed|interested",
];

/// Questions where a clause begins.
pub const ASKING_AT_THE_START: &[&str] = &[
    "how <adj>",
    "what about",
    "how about",
    "what|which|who|whose *2",
    "whats",
    "what is|are|was",
    "any *1",
    "anything *1",
    "do|does|did|dont|doesnt|didnt *1",
    "<aux> <we>",
    "isnt|arent|cant|shouldnt|wont <we>",
    "my ?first|second|next|other|last|only question is|would-be",
    "question about",
    "tell me",
    "where do|does|is|are",
    "where *2",
    "who",
    "when do|does|is|are|must|should",
    "whats in|out",
];

/// The same with any subject: "is cardinality bounded".
pub const ASKING_BARE: &[&str] = &[
    "is|are|will|should *1 *2",
    "can|could|must|may data|messages|events|jobs|links|writes|reads|requests|orders|points|seats|two|teams|owners|machines|keys|clocks *1",
];

/// A yes is wanted for what stands before.
pub const TAGS: &[&str] = &[
    "right",
    "correct",
    "yes",
    "is that right|correct|okay|fine|true|alright|fair|acceptable|reasonable|so|enough",
    "is that a ?fair|safe|reasonable|good|valid assumption",
    "does that sound|seem right|okay|fair|fine|reasonable",
    "would that be okay|fine|alright|right|acceptable",
    "isnt it",
    "arent they",
    "dont we",
    "doesnt it",
    "okay with you",
    "if thats okay|fine ?with-you",
];

pub const LEAD_IN: &[&str] = &[
    "okay",
    "so",
    "and",
    "well",
    "alright",
    "yeah",
    "right",
    "now",
    "then",
    "sorry",
    "just to be clear",
    "just to confirm",
];

/// Asks for a nod, not for an answer.
pub const BACK_CHANNEL: &[&str] = &[
    "does that ?all ?kind ?of make|makes sense",
    "make|makes sense",
    "is that clear",
    "you know what i mean",
    "if you know what i mean",
    "do you see|know what i mean",
    "does that answer",
    "is that what you",
    "am i making sense",
    "does it make sense",
    "are you with me",
    "do you follow",
];

/// Says why it is asked, or goes on asking.
pub const REASON: &[&str] = &[
    "because",
    "since",
    "i ask because",
    "im asking because|as",
    "i only ask",
    "im asking",
    "i ask",
    "that would|will change|decide|drive|affect|matter",
    "that changes|decides|drives|affects|matters|determines",
    "it would change|matter",
    "it changes|matters",
    "as that|it|this",
    "that|it makes a",
    "so that i",
    "so i can|know",
    "just so",
    "thats my ?first|main|only question",
    "thats all i need",
];

/// The candidate answers, whatever stands before.
pub const ANSWERING: &[&str] =
    &["lets say|assume|take|suppose", "the answer is", "it|that depends", "i think", "ill assume|say|take"];

/// The candidate answers, behind a pause.
#[rustfmt::skip]
pub const ANSWERING_ANEW: &[&str] = &[
    "say", "assume", "assuming", "probably", "maybe", "by", "with", "using", "about", "around", "roughly", "for example", "nothing", "nobody", "yes",
    "no", "the *1", "they", "it", "then", "because of", "perhaps", "suppose", "obviously", "of course",
];
