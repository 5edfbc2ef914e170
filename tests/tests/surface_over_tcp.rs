//! Every row of every route table is reached over TCP, and answers there what it answers natively.
#![cfg(feature = "end-to-end")]

use berth_tests::Reply;
use berth_tests::components::rows;
use berth_tests::surface::{Ask, Case, Fixture, OverTcp, Script, Secrets};
use berth_web::Logs;

/// The real components answer as the native ones: reads to their permitted callers, and everything to an unknown caller.
/// Then all of the script is sent, and no secret of it is in the log or in a refusal.
#[test]
fn every_row_is_reached_over_tcp() {
    let script = Script::read();
    let base = Fixture::set_now(&script);
    let mut over_tcp = OverTcp::go_on(&base, &script);
    let mut faults = Vec::new();
    let mut compare = |over_tcp: &mut OverTcp, case: &Case, of: &Ask, ask: &Ask| {
        // The preparation of the case is not on the host: only its values are.
        let ask = base.with(case.before(of)).fill(ask);
        let native = base.copy().send(&ask).status();
        let real = over_tcp.send(&ask).status;
        if real != native {
            let (method, who) = (ask.method.as_str(), &ask.who.label);
            faults.push(format!("{method} {} as {who}: {real}, not {native}", ask.target));
        }
    };
    for (_, route) in rows().filter(|(_, route)| route.logs == Logs::Reads) {
        let case = script.case(route.name);
        for ask in case.asks() {
            compare(&mut over_tcp, case, ask, ask);
        }
    }
    for (_, route) in rows() {
        let case = script.case(route.name);
        let probe = case.probe().expect("a request");
        compare(&mut over_tcp, case, probe, &probe.by_nobody());
    }
    faults.extend(leaks_in_answers(&script, &base, &mut over_tcp));
    faults.extend(leaks_in_log(&over_tcp));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The fault of the headers of an answer that hands out a secret, or of any.
fn may_be_kept(reply: &Reply) -> Option<String> {
    let mut handed_out = Secrets::default();
    let headers = reply.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    handed_out.learn_answer(headers, &reply.body);
    let kept = reply.header("cache-control").is_none_or(|value| !value.contains("no-store"));
    if kept && handed_out.count() > 0 {
        return Some(format!("an answer with a secret may be kept: {reply}"));
    }
    let guessed = reply.header("x-content-type-options") != Some("nosniff");
    guessed.then(|| format!("the type of an answer may be guessed: {reply}"))
}

/// Sends all of the script; gives the refusals that show a secret, and wrong answers.
fn leaks_in_answers(script: &Script, base: &Fixture, over_tcp: &mut OverTcp) -> Vec<String> {
    let mut faults = Vec::new();
    for case in &script.cases {
        for ask in case.asks() {
            let prepared = base.with(case.before(ask));
            over_tcp.secrets.merge(&prepared.secrets);
            let reply = over_tcp.send(&prepared.fill(ask));
            if reply.status >= 500 {
                faults.push(format!("{}: {reply}", case.row));
            }
            faults.extend(may_be_kept(&reply).map(|fault| format!("{}: {fault}", case.row)));
            let refused = reply.status >= 400;
            if let Some(secret) = over_tcp.secrets.find_in(&reply.body).filter(|_| refused) {
                faults.push(format!("{}: a refusal shows {secret}: {reply}", case.row));
            }
        }
    }
    faults
}

/// The lines of the log that show a secret.
fn leaks_in_log(over_tcp: &OverTcp) -> Vec<String> {
    let log = over_tcp.log();
    assert!(log.lines().count() > 2 * rows().count(), "the host logs every request:\n{log}");
    let leak = |line: &str| {
        let secret = over_tcp.secrets.find_in(line)?;
        Some(format!("the log shows {secret}: {line}"))
    };
    log.lines().filter_map(leak).collect()
}
