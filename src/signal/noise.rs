//! Noises for tests, the same on every run.

/// A small generator (xorshift) of numbers between -1 and 1.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}

/// Equal power at all frequencies.
pub fn white(samples: usize, peak: f32) -> Vec<f32> {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    (0..samples).map(|_| dice.roll() * peak).collect()
}

/// Power falling by 3 dB per octave, like a room: the sum of generators that roll every 1, 2, 4, ... samples.
pub fn pink(samples: usize, peak: f32) -> Vec<f32> {
    let mut dice = Dice(0xD1B5_4A32_D192_ED03);
    let mut rows = [0.0f32; 12];
    let mut noise = Vec::with_capacity(samples);
    for n in 1..=samples {
        let row = (n.trailing_zeros() as usize).min(rows.len() - 1);
        rows[row] = dice.roll();
        noise.push(rows.iter().sum::<f32>() / rows.len() as f32 * peak);
    }
    noise
}
