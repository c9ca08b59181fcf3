//! A small generator with a fixed seed (splitmix64), so that twins and intervals are the same on every machine.

/// Numbers that look random and are not.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A generator for a text, such as the id of a case (FNV-1a).
    pub fn for_text(text: &str) -> Self {
        let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        Self(text.bytes().fold(0xcbf2_9ce4_8422_2325, fold))
    }

    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 where that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.draw() % (end.max(1) as u64)) as usize
    }

    /// True in a share `p` of the draws.
    pub fn chance(&mut self, p: f64) -> bool {
        ((self.draw() >> 11) as f64) < p * (1u64 << 53) as f64
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
#[test]
fn the_same_seed_gives_the_same_numbers_and_a_share_is_a_share() {
    let draw = |mut random: Random| (0..5).map(|_| random.draw()).collect::<Vec<_>>();
    assert_eq!(draw(Random::for_text("c01")), draw(Random::for_text("c01")));
    assert_ne!(draw(Random::for_text("c01")), draw(Random::for_text("c02")));
    let mut random = Random::new(2);
    let hits = (0..10_000).filter(|_| random.chance(0.3)).count();
    assert!((2_850..3_150).contains(&hits), "{hits}");
}
