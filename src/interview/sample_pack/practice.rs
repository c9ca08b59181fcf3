//! What the sample pack has to practise with beside questions: drills, plans, interviewers, answer shapes.

pub const DRILLS: &str = r#"[[drills]]
id = "ask-only"
title = "Ask only"
about = "Questions, no design."
on = "question"
kinds = ["design"]
rounds = { least = 1, most = 2 }
seconds = 300
opening = ["Only questions."]
closing = ["Stop here."]
counts = { what = "constraints", least = 1 }
keeps_out = { cues = ["load balancer"], says = "That is a design." }

[[drills]]
id = "choose"
title = "Choose"
about = "One of two."
on = "pair"
rounds = { least = 1, most = 2 }
seconds = 60
least_seconds = 20
opening = ["Choose one."]
closing = ["That was it."]
[drills.counts]
what = "choice"
parts = [{ id = "reason", says = "A reason.", cues = ["because ~ case"] }]

[[drills]]
id = "break-it"
title = "Break it"
about = "What fails."
on = "answer"
rounds = { least = 1, most = 1 }
seconds = 120
opening = ["What fails?"]
closing = ["Enough."]
counts = { what = "failures", least = 1 }

[[drills]]
id = "under-pressure"
title = "Under pressure"
about = "Reply in order."
on = "probe"
rounds = { least = 3, most = 6 }
seconds = 90
opening = ["Ready?"]
closing = ["Done."]
counts = { what = "survived", shape = "reply", steps = 1 }

[[pairs]]
id = "push-or-pull"
ask = "Push or pull, for a few readers?"
first = { name = "push", wins = "Many readers.", cues = ["push ~ to"] }
second = { name = "pull", wins = "Few readers.", cues = ["pull ~ from"] }
decides = "Who sets the pace."
decides_cues = ["sets ~ pace"]

[[failures]]
id = "power-cut"
title = "A power cut"
ask = "And when the power goes?"
cues = ["power ~ gone"]
detection = "Lights."
detection_cues = ["lights ~ out"]
mitigation = "A battery."
mitigation_cues = ["battery ~ takes"]
"#;

pub const PLANS: &str = r#"[[plans]]
id = "two-days"
title = "Two days"
about = "In a hurry."
days = 2
must_name = [{ id = "path", says = "The hot path.", cues = ["hot path"] }]
[[plans.sessions]]
id = "one"
day = 1
title = "One"
goal = "Begin."
form = "mock"
minutes = 30
questions = ["rate-limiter", "linear"]
choose = 1
drills = ["ask-only"]
dimensions = ["reliability"]
mistakes = ["no-figures"]
focus = ["The clock."]
[[plans.sessions]]
id = "two"
day = 2
title = "Two"
goal = "Look back."
form = "review"
minutes = 10
write_down = ["What went well."]
"#;

pub const INTERVIEWERS: &str = r#"[[levels]]
id = "mid"
title = "Mid"
expects = "Parts."
probes = 2
presses_on = {}
[[levels]]
id = "senior"
title = "Senior"
expects = "Figures."
probes = 3
presses_on = { dimensions = ["reliability"] }
[[levels]]
id = "staff"
title = "Staff"
expects = "Judgement."
probes = 4
presses_on = { steps = ["new_cost"] }

[[styles]]
id = "operations"
title = "Operations"
about = "At night."
presses_on = { dimensions = ["reliability"], steps = ["failure_mode"], mistakes = ["no-figures"] }

[[tempers]]
id = "warm"
title = "Warm"
about = "Kind."
greeting = ["Welcome."]
probe_preface = ["I am curious."]
"#;

pub const SHAPES: &str = r#"[[shapes]]
id = "reply"
title = "A reply"
about = "To a probe."
kinds = ["design"]
seconds = 120
steps = [
  { id = "need", title = "Need", says = "What must hold.", share = 40, cues = ["must hold"] },
  { id = "move", title = "Move", says = "What is done.", share = 60, cues = ["first move"] },
]
clock = [{ title = "All", minutes = 2, steps = ["need", "move"] }]
"#;
