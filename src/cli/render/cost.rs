//! What a judgement took, in one quiet line; what one is expected to take.

use crate::api;

/// "took 3 calls, 8,120 tokens sent and 640 back, 0.0213 at your prices"
pub fn spent(spent: &api::Spent) -> String {
    let about = if spent.estimated { "about " } else { "" };
    let calls = if spent.calls == 1 { "1 call".to_owned() } else { format!("{} calls", spent.calls) };
    let (sent, back) = (grouped(spent.prompt_tokens), grouped(spent.completion_tokens));
    let cost = spent.cost.map_or_else(String::new, |cost| format!(", {about}{} at your prices", money(cost)));
    format!("{calls}, {about}{sent} tokens sent and {back} back{cost}")
}

/// What judging one answer is expected to take, where tokens cost somebody something.
pub fn expected(expected: &api::ExpectedCost) -> Option<String> {
    if !expected.tokens_cost {
        return None;
    }
    let again = match expected.readings {
        0 | 1 => String::new(),
        n => format!("; up to {n} times that where the result is close"),
    };
    let one = api::Spent { estimated: true, ..expected.spent.clone() };
    Some(format!("Judging an answer of {} words takes {}{again}.", expected.words, spent(&one)))
}

/// "8,120"
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let comma = |at: usize| at > 0 && (digits.len() - at).is_multiple_of(3);
    digits.chars().enumerate().flat_map(|(at, digit)| comma(at).then_some(',').into_iter().chain([digit])).collect()
}

/// Two figures that count, at least two decimals.
fn money(amount: f64) -> String {
    if amount == 0.0 || amount >= 0.1 {
        return format!("{amount:.2}");
    }
    let decimals = (1.0 - amount.abs().log10().floor()).clamp(2.0, 6.0) as usize;
    format!("{amount:.decimals$}")
}

#[cfg(test)]
#[test]
fn what_was_spent_is_one_line() {
    let took =
        |calls, estimated, cost| api::Spent { calls, prompt_tokens: 8120, completion_tokens: 640, estimated, cost };
    for (took, line) in [
        (took(3, false, Some(0.02134)), "3 calls, 8,120 tokens sent and 640 back, 0.021 at your prices"),
        (took(1, true, None), "1 call, about 8,120 tokens sent and 640 back"),
        (took(1, true, Some(1.5)), "1 call, about 8,120 tokens sent and 640 back, about 1.50 at your prices"),
        (took(2, false, Some(0.00041)), "2 calls, 8,120 tokens sent and 640 back, 0.00041 at your prices"),
    ] {
        assert_eq!(spent(&took), line);
    }
    let mut one = api::ExpectedCost {
        words: 300,
        mode: "one-call".into(),
        spent: took(1, false, None),
        readings: 3,
        tokens_cost: true,
    };
    let line = "Judging an answer of 300 words takes 1 call, about 8,120 tokens sent and 640 back; up to 3 times that where the result is close.";
    assert_eq!(expected(&one).as_deref(), Some(line));
    one.tokens_cost = false;
    assert_eq!(expected(&one), None);
}
