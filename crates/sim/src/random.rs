//! Randomness that is the same in every run.
//!
//! A generator is forked by name: what one consumer draws does not depend on how much the others draw, nor on whether
//! there are others. The streams are those of PCG (XSL 128/64); none of this is for secrets of the real world.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// A stream of numbers that a seed and a path of names determine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Random {
    key: [u8; 32],
    stream: Pcg64,
}

impl Random {
    /// The root of the streams of one seed.
    pub fn new(seed: u64) -> Self {
        Self::from_key(
            Sha256::new()
                .chain_update(b"crossexam")
                .chain_update(seed.to_le_bytes()),
        )
    }

    fn from_key(hash: Sha256) -> Self {
        let key: [u8; 32] = hash.finalize().into();
        Self {
            key,
            stream: Pcg64::from_seed(key),
        }
    }

    /// The stream called `name` under this one. The same name gives the same stream, however much was drawn before.
    #[must_use]
    pub fn fork(&self, name: &str) -> Self {
        Self::from_key(Sha256::new().chain_update(self.key).chain_update(name))
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.stream.next_u64()
    }

    /// A number below `bound`, each as likely as the others; zero if `bound` is zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        // The high half of a 128-bit product; the bias is below 2^-64 * bound.
        let product = u128::from(self.next_u64()) * u128::from(bound);
        u64::try_from(product >> 64).unwrap_or(0)
    }

    /// `true` with the given probability; nothing is drawn for 0 and below, and for 1 and above.
    pub fn chance(&mut self, probability: f64) -> bool {
        if probability >= 1.0 {
            return true;
        }
        // 53 bits, as many as a double holds.
        probability > 0.0 && ((self.next_u64() >> 11) as f64) * 2.0_f64.powi(-53) < probability
    }

    /// Fills `bytes`.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.stream.fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_depends_on_its_path_alone() {
        let mut root = Random::new(7);
        let before = root.fork("tokens");
        root.next_u64();
        assert_eq!(before, root.fork("tokens"));
        assert_ne!(before, root.fork("latency"));
        assert_ne!(before, Random::new(8).fork("tokens"));
        assert_ne!(root.fork("a").fork("b"), root.fork("ab"));
    }

    /// The numbers themselves are part of what a seed promises.
    #[test]
    fn a_seed_keeps_its_numbers() {
        let mut stream = Random::new(1).fork("example");
        let numbers = [stream.next_u64(), stream.next_u64()];
        assert_eq!(
            numbers,
            [12_574_175_000_457_556_801, 2_008_185_851_598_894_224]
        );
    }

    #[test]
    fn numbers_below_a_bound_stay_there_and_reach_everything() {
        let mut stream = Random::new(3);
        let mut seen = [false; 6];
        for _ in 0..200 {
            seen[usize::try_from(stream.below(6)).unwrap()] = true;
        }
        assert_eq!(seen, [true; 6]);
        assert_eq!(stream.below(0), 0);
    }

    #[test]
    fn certainties_draw_nothing() {
        let mut stream = Random::new(3);
        let untouched = stream.clone();
        assert!(stream.chance(1.0) && !stream.chance(0.0) && !stream.chance(-1.0));
        assert_eq!(stream, untouched);
        let heads = (0..1000).filter(|_| stream.chance(0.25)).count();
        assert!((150..350).contains(&heads), "{heads}");
    }
}
