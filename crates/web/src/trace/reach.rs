//! Which steps were reached at all, traces on or off: for the tests that keep account of the standards.
//!
//! Without the feature `reach` nothing of this costs anything. With it, a step that is taken costs a look at a
//! thread-local, and is remembered only while [`during`] runs on the same thread.

use super::Step;

#[cfg(feature = "reach")]
thread_local! {
    static REACHED: std::cell::RefCell<Option<Reached>> = const { std::cell::RefCell::new(None) };
}

/// The steps, by where they lie in memory: a step is a `static`.
#[cfg(feature = "reach")]
type Reached = std::collections::BTreeMap<usize, &'static Step>;

/// A step is taken.
#[inline]
pub fn mark(step: &'static Step) {
    #[cfg(feature = "reach")]
    REACHED.with_borrow_mut(|reached| {
        if let Some(reached) = reached {
            reached.insert(std::ptr::from_ref(step).addr(), step);
        }
    });
    #[cfg(not(feature = "reach"))]
    let _ = step;
}

/// Runs `run`; returns what it returns, and the steps that this thread took meanwhile, each once and in no order that
/// means anything.
#[cfg(feature = "reach")]
pub fn during<T>(run: impl FnOnce() -> T) -> (T, Vec<&'static Step>) {
    let outer = REACHED.replace(Some(Reached::new()));
    let result = run();
    let reached = REACHED.replace(outer).unwrap_or_default();
    // Whoever is counting around this one has reached them, too.
    reached.values().for_each(|step| mark(step));
    (result, reached.into_values().collect())
}

#[cfg(all(test, feature = "reach"))]
mod tests {
    use super::super::{Algorithm, Standard, Trace};
    use super::*;

    static ALGORITHM: Algorithm = Algorithm {
        standard: Standard::Fetch,
        id: "x",
        name: "x",
    };
    static ONE: Step = Step {
        algorithm: &ALGORITHM,
        number: "1",
        text: "",
    };
    static TWO: Step = Step {
        algorithm: &ALGORITHM,
        number: "2",
        text: "",
    };

    #[test]
    fn steps_are_seen_while_somebody_looks() {
        let trace = Trace::off();
        trace.step(&ONE);
        let (inner, outer) = during(|| {
            trace.step(&ONE);
            trace.step(&ONE);
            during(|| mark(&TWO)).1
        });
        assert_eq!(inner, [&TWO]);
        assert_eq!(outer.len(), 2);
        assert!(during(|| ()).1.is_empty());
    }
}
