//! The signs of [`super`], by kind and dimension, for adequate, strong and excellent answers, after the rubric's checks.
//!
//! Cues in the language of [`crate::interview::coverage`], parted by `;`. Each says how people speak of such a thing, whatever the
//! product: no name of a question's parts belongs here.

/// The signs of one dimension.
pub(super) struct Signs {
    pub dimension: &'static str,
    /// For levels 2, 3 and 4.
    pub levels: [&'static str; 3],
}

/// For an open system-design prompt.
pub(super) const DESIGN: &[Signs] = &[
    Signs {
        dimension: "clarification",
        levels: [
            "assum* ; in|out of|of-the scope ; scope ; leave|leaving|left|skip ~ out|later ; requirement* ; \
             do|would|should|can|are|is|does you|we|they|it|this ~ or ; who uses|buys|reads|calls|writes|is ; i|we \
             take|say|decide ~ only|no|not ; are|is out|in ; use case* ; question* first|before|is ; it|this|that \
             is|just for ; the goal|promise|product|aim is|must ; one|two|three|four question* ; may|can i ask ; \
             is|are|does it|this|we just|only|for|mainly ; before i|we start|design|draw",
            "within|under|below|inside|less-than|at-most # millisecond*|second*|minute*|hour*|day*|percent ; # \
             millisecond*|second*|minute*|hour*|day* old|late|stale|behind|delay ; nobody|no-one minds|cares|notices \
             ; may|can|could be ~ stale|late|behind|old|wrong|out-of-date|lost ; is \
             fine|okay|acceptable|enough|tolerable ; rather ~ than ; must never|not|always ; mustn't|cannot|can't \
             lose|be|go|wait|see ; give|giving up ~ freshness|accuracy|consistency|availability|latency|exactness ; \
             over # millisecond*|second* ; promise is|that ; more important than ; \
             correctness|availability|latency|consistency|freshness over|before|beats|first ; # nines ; p99 ; never \
             ~ twice|lose|lost",
            "assum* ~~ because|so|therefore|means|that's-why|otherwise|changes|depends|rests ; because|since i|we \
             said|assume* ; if|were it|that|this|they was|were|weren't|wasn't|isn't ~ i|we ; rests|depends on \
             that|this|it ; assum* ~~ assum* ; with|without that|this|those|these assumption*",
        ],
    },
    Signs {
        dimension: "scale_estimates",
        levels: [
            "# million|thousand|hundred|billion ; # \
             users|customers|people|requests|events|messages|items|orders|keys|accounts|servers|uploads|jobs|clicks|calls|reads|writes|rows|urls \
             ; # a|per|each|every second|day|minute|hour|month|year ; # \
             gigabyte*|megabyte*|terabyte*|kilobyte*|petabyte*|bytes|byte|gb|tb|mb ; \
             million|thousand|billion|millions|thousands ~ a|per|each|every second|day|minute|hour|month",
            "# ~ a|per|each|every second ; # gigabyte*|megabyte*|terabyte*|kilobyte*|petabyte*|bytes|byte|gb|tb|mb ; \
             makes|make|times|is|gives|that's|divided|comes # ; peak ~ # ; times # ; # \
             core*|machine*|node*|shard*|partition*",
            "fits|fit|sits|exceed*|enough ~ memory|machine|node|box|server|disk|core|primary|one ; # ~~ \
             that's|so|therefore|which-is why|reason|because|so ; too much|many|big|large|fast for|to ; one|single \
             machine|node|server|primary|postgres|box|core|database \
             does|takes|holds|handles|manages|can|carries|bears",
        ],
    },
    Signs {
        dimension: "data_model",
        levels: [
            "table*|row*|column*|field*|record*|schema|entit*|document* ; has|have|is|holds|with a|an|the ~ and ; \
             contains|stores|stored ; attribute*",
            "key is|on|by|plus ; keyed by|on ; primary|unique|partition|shard|composite|sort|clustering \
             key|constraint|index ; index* on|by ; partition* by|on ; shard* by|on ; unique* ; index ; look*|looked \
             ~ up by",
            "retention ; delet* ~ after|when|once|since|because ; after # days|months|weeks|years|hours ; older than \
             ; expire*|ttl|time-to-live ; archiv*|cold storage|purge*|dropped ; drop ~ partition|after ; \
             kept|keep|stays for # days|months|weeks|years|hours ; # days|months|weeks|years ~ \
             delet*|gone|dropped|archived|removed ; moved|move ~ cold|archive",
        ],
    },
    Signs {
        dimension: "architecture",
        levels: [
            "asks|sends|calls|writes|reads|pulls|pushes|tells|gives|puts|takes|fetches|hands|forwards|publishes|picks \
             ~ \
             queue|server|service|database|cache|worker|store|bucket|proxy|gateway|client|library|broker|log|stream \
             ; \
             queue|server|service|database|cache|worker|store|bucket|proxy|gateway|client|library|broker|log|stream \
             ~ \
             asks|sends|calls|writes|reads|pulls|pushes|tells|gives|puts|takes|fetches|hands|forwards|publishes|picks",
            "exists|there|stands|sits because|for|so-that|since ; so that ; is its|the job ; because|since ~ \
             must|mustn't|can't|needs|wants|has-to ; in front of|because ; for that reason ; that is|that's why",
            "first|simple* version ; to begin|start with ; start* with|simple|small ; version one|1 ; day one ; \
             when|once|if ~ grows|grow|outgrow*|exceeds|runs-out ; beyond that|this|# ; later ~ split|shard|add|move \
             ; mvp ; then|later|next we|i split|shard|add|move ; second step|stage",
        ],
    },
    Signs {
        dimension: "tradeoffs",
        levels: [
            "downside|drawback|disadvantage|price|cost*|upside|advantage|benefit ; bad|good|other side|part|thing ; \
             pay|paid|pays with|for|by|that|is|the ; but|though|although ~ \
             slow*|stop*|wait*|cost*|lose*|fail*|stale|old|hard*|more|less|extra|never|still|stays|worse ; \
             trade-off|trade off ; the catch ; in exchange|return ; gain|win|lose|loses|gains ; \
             easy|easier|quick|cheap|simple|simpler|fast|faster|safe|safer ~ but ; on the one|other hand ; pro|con",
            "instead of ; rather than ; compared to|with|against ; alternative* ; other option|way|choice|approach ; \
             versus|vs ; could also ; i|we considered|thought|rejected|dropped|decided ; with the|a|that ~~ with \
             the|a|that ; would ~ but ; better|worse|faster|slower|cheaper|simpler than ; difference* ; if ~~ \
             otherwise",
            "since|because|as i|we said|promised ; given that|the|our|my ; so i|we take|choose|pick|chose|took ; the \
             price|cost is|i|we ; i|we accept|pay|live ; what|that we|i pay|give-up|lose ; at the cost|price|expense \
             of ; in exchange ; that's why",
        ],
    },
    Signs {
        dimension: "reliability",
        levels: [
            "if|when|once ~ \
             dies|die|fails|fail|crash*|down|breaks|goes|dead|away|unreachable|stops|lost|can't|doesn't|hangs|slow ; \
             retr* ; replica* ; fail* over ; takes over ; again ; time* out ; heart beat|beats ; back up|backup* ; \
             standby ; promot* ; redeliver*",
            "idempot* ; same|request|own reference|id|key|number|result ; back-pressure|back pressure ; shed* ; \
             monitor*|alert*|alarm*|metric*|paged|dashboard ; dead letter ; only once ; skip*|ignor*|refus*|reject* \
             ; limit*|cap|bounded ; circuit breaker ; fenc* ; queue* deep|depth|length|long ; no more than ; \
             dedup*|duplicat* ; fail open|closed",
            "reconcil* ; compar* ; replay* ; rebuil*|restor*|recover* ; region* ; disaster ; lose|loses|lost|losing \
             # second*|minute*|hour* ; missing ; last # second*|minute*|hour* ; audit ; back in # minute*|hour* ; \
             point in time ; data cent*|zone",
        ],
    },
];

/// For the explanation of a fundamental.
pub(super) const CONCEPT: &[Signs] = &[
    Signs {
        dimension: "accuracy",
        levels: [
            "means|guarantee*|ensures|promises that ; is that ; every|any|each|most|majority ~ \
             node|copy|replica|read|write|member|machine|reader|server",
            "exactly|precise*|strict* ; any two|such ; at least|most ; if and only ; overlap|share|intersect* ; \
             newer|newest|latest|older|highest|higher ; as long as ; only when|if",
            "misconception ; people|many|some|folks|often|everybody|most think|believe|say|assume|confuse|mix ; does \
             not mean ; doesn't|don't|not mean|guarantee|give|promise|imply ; unless|except ; edge case*",
        ],
    },
    Signs {
        dimension: "mechanism",
        levels: [
            "picks|sends|asks|tells|takes|writes|reads|compares|counts|waits|passes|keeps ; step*|phase*|part*|round*",
            "round|step|node|copy|server|replica one|two|three|1|2|3|4|5|7|a|b|c ; say|suppose|imagine|take ; then \
             ~~ then ; first ~~ then ; node|replica|machine|member|leader|server|client ~ \
             sends|picks|asks|writes|takes|compares|notes|replies|answers|votes|waits",
            "because ~~ more|two|any|same|overlap|share|never|always ; without ~ breaks|lose*|would|could|two|goes ; \
             breaks|break when|if|because ; otherwise ; if it|that|this weren't|wasn't|isn't ; that's why ; why ~ \
             works|holds ; the reason ; if|when|once ~ dies|fails|crash*|down|late|lost|slow ; unless",
        ],
    },
    Signs {
        dimension: "tradeoffs",
        levels: [
            "downside|drawback|disadvantage|price|cost*|upside|advantage|benefit ; bad|good|other side|part|thing ; \
             pay|paid|pays with|for|by|that|is|the ; but|though|although ~ \
             slow*|stop*|wait*|cost*|lose*|fail*|stale|old|hard*|more|less|extra|never|still|stays|worse ; \
             trade-off|trade off ; the catch ; in exchange|return ; gain|win|lose|loses|gains ; \
             easy|easier|quick|cheap|simple|simpler|fast|faster|safe|safer ~ but ; on the one|other hand ; pro|con ; \
             risk* ; slower|longer|later|fewer|weaker|heavier|costlier",
            "instead of ; rather than ; compared to|with|against ; alternative* ; other option|way|choice|approach ; \
             versus|vs ; could also ; i|we considered|thought|rejected|dropped|decided ; with the|a|that ~~ with \
             the|a|that ; would ~ but ; better|worse|faster|slower|cheaper|simpler than ; difference* ; if ~~ \
             otherwise ; for|with|if|when # ~~ for|with|if|when # ; where ~ matters|counts|is-enough|is-fine ; \
             depends on",
            "since|because|as i|we said|promised ; given that|the|our|my ; so i|we take|choose|pick|chose|took ; the \
             price|cost is|i|we ; i|we accept|pay|live ; what|that we|i pay|give-up|lose ; at the cost|price|expense \
             of ; user|customer|buyer|reader|visitor|people|somebody|someone ~ \
             see|sees|wait|waits|notice|notices|lose|loses|stale|error|old|again ; sees|gets|reads ~ \
             old|stale|wrong|nothing ; that's why",
        ],
    },
    Signs {
        dimension: "grounding",
        levels: [
            "cassandra|kafka|etcd|zookeeper|consul|redis|dynamo*|postgres*|mysql|spanner|kubernetes|mongo*|riak|s3|memcached|cockroach*|google|amazon|bitcoin|git|dns|facebook|netflix \
             ; for example|instance ; example ; our|my \
             shop|team|company|service|cluster|system|database|app|product|site ; we had|ran|run|use|saw ; i|we \
             saw|worked",
            "say|suppose|imagine|picture|take a|an|the|node|someone|somebody|you|we|there|i|two|three|that|# ; \
             node|server|replica|copy|machine|worker|client|user|member|shard|leader|follower|process \
             1|2|3|4|5|6|7|a|b|c|one|two|three|four|five ; \
             customer|user|shop|page|bank|seat|order|cart|buyer|driver|reader ~ \
             sees|gets|reads|buys|pays|writes|waits|has|picks|stands ; it|we|they \
             got|went|ran|saw|had|took|did|lost|came",
            "since then|that ; # a|per second|minute|hour|day|night ; we|i \
             changed|moved|decided|raised|lowered|set|switched|measured ; # \
             second*|millisecond*|minute*|hour*|percent|times|day*|week*",
        ],
    },
];

/// For a story from experience.
pub(super) const BEHAVIOURAL: &[Signs] = &[
    Signs {
        dimension: "situation",
        levels: [
            "i was ; we were|had ; team ; customer*|user*|client* ; \
             project|company|year|job|responsible|maintainer|developer",
            "deadline|cost*|lose|lost|losing|risk*|contract|complain*|angry|fine*|waiting|at-stake ; would have ; \
             money|euro*|dollar* ; each|every time|day|night|week ; # \
             people|customers|users|euro*|dollar*|days|weeks|hours",
            "the problem was ; what was|at-stake ; the stakes",
        ],
    },
    Signs {
        dimension: "ownership",
        levels: [
            "i was|had|did|wrote|built|put|went|made|took|called|asked|sorted|said|started",
            "i \
             decided|chose|proposed|wrote|built|asked|went|took|called|put|did|set|pushed|told|started|stopped|moved|changed|drew \
             ; my part|job|task|idea|decision ; myself|alone",
            "i|so-i chose|decided|because ~~ because|instead|rather|against ; against it|me|the-idea ; \
             convinc*|persuad*|talked ; instead of|rather than ; because i ; agree*|disagree*|refus*|sceptical ; \
             didn't want ; brought|bring|got ~ on board|along|with",
        ],
    },
    Signs {
        dimension: "result",
        levels: [
            "result|outcome|end|after-that|since|worked|fixed|solved|went|stopped|ran|finished",
            "# percent ; # out of # ; out of # ; from # ~ to # ; down|up|fell|dropped|rose|went|cut ~ # ; # ~ \
             less|fewer|more|faster ; half|halved|doubled|twice ; # times ; instead of # ; # of #",
            "before ~ # ; from # ~ to # ; instead of # ; sav* ; worth ; which|that meant ; euro*|dollar*|pound*|money",
        ],
    },
    Signs {
        dimension: "reflection",
        levels: [
            "learn* ; lesson* ; next time ; i'd|i-would do|start|ask|begin ; should have ; in hindsight ; looking \
             back ; differently ; mistake",
            "before i ; i should|would|will|always|never ~ first|before ; next time ~ i ; i'd|i-would|i-should ~ \
             before|first|earlier ; what i|we learn* ; never|always again",
            "since then ; now i ; ever since ; later|after-that|months-later|next-project|next-time ~ i|we ; on the \
             next ; the next project|time|incident|migration|release ; i|we now|since",
        ],
    },
];
