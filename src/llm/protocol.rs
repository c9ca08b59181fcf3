//! How a judgement is asked for: in one call or dimension by dimension, read once or three times. The settings, and what they
//! come to for an endpoint.

use serde::Deserialize;

use super::{endpoint::Endpoint, rung::RungMemory};
use crate::interview::assessment::ReadAgain;

/// Calls at a time, at most.
pub const MOST_PARALLEL: usize = 4;

/// `llm.mode`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModeSetting {
    /// By what the endpoint bears.
    #[default]
    Auto,
    OneCall,
    PerDimension,
}

/// `llm.samples`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Samples {
    /// Three where one is close or odd; where tokens cost money, only where it is close.
    #[default]
    Auto,
    One,
    /// Three, always.
    Three,
}

/// How the checks of a rubric are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All in one call.
    OneCall,
    /// Each dimension in a call of its own.
    PerDimension,
}

impl Mode {
    /// As it stands in the provenance of a judgement.
    pub fn name(self) -> &'static str {
        match self {
            Mode::OneCall => "one-call",
            Mode::PerDimension => "per-dimension",
        }
    }
}

/// What a million tokens cost; 0 for nothing, or unknown.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Prices {
    pub per_million_in: f64,
    pub per_million_out: f64,
}

impl Prices {
    pub fn are_set(self) -> bool {
        self.per_million_in > 0.0 || self.per_million_out > 0.0
    }

    /// What so many tokens cost; `None` where no price is set.
    pub fn money(self, prompt_tokens: u64, completion_tokens: u64) -> Option<f64> {
        let sum = prompt_tokens as f64 * self.per_million_in + completion_tokens as f64 * self.per_million_out;
        self.are_set().then_some(sum / 1e6)
    }
}

/// How to ask.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Protocol {
    pub mode: ModeSetting,
    pub samples: Samples,
    pub prices: Prices,
}

impl Protocol {
    /// By what the endpoint bears, one reading.
    pub fn read_once() -> Self {
        Self { samples: Samples::One, ..Self::default() }
    }

    /// The way to ask this endpoint.
    ///
    /// Dimension by dimension where calls run side by side (elsewhere, or where a server here has several slots), and where a
    /// reply to everything did not fit or was not complete: small schemas, and no impression that colours all dimensions. In one
    /// call where a server works on one thing at a time: there each call would read the answer again.
    pub fn mode_for(&self, endpoint: &Endpoint, memory: &RungMemory) -> Mode {
        match self.mode {
            ModeSetting::OneCall => Mode::OneCall,
            ModeSetting::PerDimension => Mode::PerDimension,
            ModeSetting::Auto if memory.needs_dimensions(endpoint) => Mode::PerDimension,
            ModeSetting::Auto => match side_by_side(endpoint, memory) {
                Some(calls) if calls > 1 => Mode::PerDimension,
                Some(_) => Mode::OneCall,
                None if endpoint.is_local() => Mode::OneCall,
                None => Mode::PerDimension,
            },
        }
    }

    /// Which of the reasons to read again are followed here.
    pub fn follows(&self, endpoint: &Endpoint, why: &[ReadAgain]) -> bool {
        match self.samples {
            Samples::One => false,
            Samples::Three => true,
            Samples::Auto if tokens_cost(endpoint, self.prices) => why.contains(&ReadAgain::Close),
            Samples::Auto => !why.is_empty(),
        }
    }
}

/// Whether each token costs somebody something: a price is set, or the endpoint is elsewhere.
pub fn tokens_cost(endpoint: &Endpoint, prices: Prices) -> bool {
    prices.are_set() || !endpoint.is_local()
}

/// Calls to have under way at a time. Where nothing is known of a server here, two: that shows whether it takes them side by side.
pub(super) fn parallel(endpoint: &Endpoint, memory: &RungMemory) -> usize {
    let unknown = if endpoint.is_local() { 2 } else { MOST_PARALLEL };
    side_by_side(endpoint, memory).unwrap_or(unknown).clamp(1, MOST_PARALLEL)
}

/// How many calls an endpoint works on at a time, where that is known: it says so, or it was seen.
fn side_by_side(endpoint: &Endpoint, memory: &RungMemory) -> Option<usize> {
    let seen = || memory.runs_in_parallel(endpoint).map(|parallel| if parallel { MOST_PARALLEL } else { 1 });
    endpoint.slots().or_else(seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::endpoint::EndpointSettings;

    const HERE: &str = "http://127.0.0.1:1/v1";
    const ELSEWHERE: &str = "https://llm.example/v1";

    fn endpoint(url: &str) -> Endpoint {
        Endpoint::new(EndpointSettings::new(url, "m", None)).unwrap()
    }

    #[test]
    fn the_mode_follows_what_the_endpoint_bears() {
        use Mode::*;
        // Where, slots it says it has, calls seen side by side, one call was too much for it.
        for (url, slots, seen, too_much, expected) in [
            (HERE, None, None, false, OneCall),
            (HERE, Some(1), None, false, OneCall),
            (HERE, Some(4), None, false, PerDimension),
            (HERE, None, Some(true), false, PerDimension),
            (HERE, None, Some(false), false, OneCall),
            (HERE, None, Some(false), true, PerDimension),
            (ELSEWHERE, None, None, false, PerDimension),
        ] {
            let endpoint = endpoint(url).with_slots(slots);
            let mut memory = RungMemory::default();
            if let Some(parallel) = seen {
                memory.saw_parallel(&endpoint, parallel);
            }
            if too_much {
                memory.remember_dimensions(&endpoint);
            }
            let auto = Protocol::default();
            assert_eq!(auto.mode_for(&endpoint, &memory), expected, "{url} {slots:?} {seen:?} {too_much}");
            for (mode, expected) in [(ModeSetting::OneCall, OneCall), (ModeSetting::PerDimension, PerDimension)] {
                assert_eq!(Protocol { mode, ..auto }.mode_for(&endpoint, &memory), expected, "as it is set");
            }
        }
    }

    #[test]
    fn where_tokens_cost_only_a_close_result_is_read_again() {
        use ReadAgain::*;
        let price = Prices { per_million_in: 1.0, per_million_out: 0.0 };
        for (url, prices, why, expected) in [
            (HERE, Prices::default(), &[][..], [false, false, true]),
            (HERE, Prices::default(), &[Unfound], [true, false, true]),
            (HERE, Prices::default(), &[Close], [true, false, true]),
            (HERE, price, &[Skipped, Halo], [false, false, true]),
            (HERE, price, &[Close, Unfound], [true, false, true]),
            (ELSEWHERE, Prices::default(), &[Unfound], [false, false, true]),
            (ELSEWHERE, Prices::default(), &[Close], [true, false, true]),
        ] {
            let follows = [Samples::Auto, Samples::One, Samples::Three]
                .map(|samples| Protocol { samples, prices, ..Protocol::default() }.follows(&endpoint(url), why));
            assert_eq!(follows, expected, "{url} {prices:?} {why:?}");
        }
    }

    #[test]
    fn money_is_known_only_where_a_price_is() {
        assert_eq!(Prices::default().money(1_000_000, 1_000_000), None);
        let prices = Prices { per_million_in: 2.0, per_million_out: 8.0 };
        assert_eq!(prices.money(500_000, 100_000), Some(1.8));
        assert_eq!(prices.money(0, 0), Some(0.0));
    }
}
