//! Targets that tests prove and no figure does.

use super::{
    Bench,
    table::{Row, Verdict},
};

pub fn name(bench: &mut Bench<'_>) {
    for (number, measure, target, verdict) in [
        (
            12,
            "kill -9 while recording",
            "≤ 1 s lost, the file opens",
            Verdict::ByTest(
                "tests/faults.rs a_killed_daemon_loses_at_most_a_second_and_the_next_one_recovers_the_answer",
            ),
        ),
        (
            17,
            "strangers at every route and at the WebSocket",
            "all refused",
            Verdict::ByTest(
                "tests/it/guard.rs every_route_turns_strangers_away, a_websocket_needs_the_token_and_a_page_needs_its_own_origin",
            ),
        ),
        (18, "build without cmake, ALSA, GPU; tests pass", "yes", Verdict::ByTest("`make core`")),
    ] {
        bench.table.add(Row::without_figure(number, measure, target, verdict));
    }
}
