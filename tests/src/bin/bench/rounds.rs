//! Rounds: in each one every kind of request has its turn for a short while. So what else the machine does meets all of them alike, and a
//! ratio is one of neighbours. What is reported are the medians of all rounds.

use crate::figure::Figure;
use crate::load::Load;
use crate::measure::Server;
use crate::numbers::median;

/// How long is measured.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    /// Rounds: at least five.
    pub(crate) rounds: usize,
    /// A turn, in seconds.
    pub(crate) seconds: u32,
}

/// A kind of request, and the server that it goes to.
#[derive(Clone, Copy)]
pub(crate) struct Turn<'a> {
    pub(crate) server: &'a Server,
    pub(crate) load: &'a Load,
}

/// The figures of `turns`, in their order. The first two are the limits that the others are divided by: the constant and the single
/// SELECT.
pub(crate) fn interleaved(turns: &[Turn<'_>], connections: u32, plan: Plan) -> Vec<Figure> {
    let mut of_turns: Vec<Vec<Figure>> = turns.iter().map(|_| Vec::new()).collect();
    for _ in 0..plan.rounds {
        let drive = |turn: &Turn<'_>| turn.server.drive(turn.load, connections, plan.seconds);
        let round: Vec<Figure> = turns.iter().map(drive).collect();
        let [constant, select, ..] = round[..] else { return round };
        for (figures, figure) in of_turns.iter_mut().zip(round) {
            figures.push(figure.with_limits(&constant, &select));
        }
    }
    of_turns.iter().map(|figures| Figure::of_rounds(figures)).collect()
}

/// How much longer half of the requests take over the second server than over the first, with one connection.
pub(crate) fn growth(small: Turn<'_>, large: Turn<'_>, plan: Plan) -> f64 {
    let round = |_| {
        let before = small.server.drive(small.load, 1, plan.seconds);
        let after = large.server.drive(large.load, 1, plan.seconds);
        after.p50_ms / before.p50_ms
    };
    median((0..plan.rounds).map(round).collect())
}
