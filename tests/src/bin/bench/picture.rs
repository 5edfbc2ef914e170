//! A picture of the ratios: a bar for each kind of request, with the mark that it is meant to reach, and where it was in an earlier run.

use maud::{Markup, PreEscaped, html};

/// A bar.
pub(crate) struct Bar<'a> {
    /// What it is of.
    pub(crate) name: &'a str,
    /// Of one SELECT.
    pub(crate) ratio: f64,
    /// What the ratio is meant to be.
    pub(crate) goal: Option<f64>,
    /// What it was.
    pub(crate) before: Option<f64>,
}

/// In units of the picture.
const WIDTH: f64 = 720.0;
const ROW: f64 = 34.0;
const LABEL: f64 = 190.0;
const TOP: f64 = 58.0;
const BOTTOM: f64 = 54.0;
/// Where the largest ratio ends; behind it stands its number.
const RIGHT: f64 = 80.0;

/// Colors for light and for dark pages.
const STYLE: &str = "
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.note { fill: #59636e; font-size: 12px }
.back { fill: #ffffff }
.bar { fill: #2f6feb }
.limit { fill: #8c959f }
.goal { stroke: #1a7f37; stroke-width: 3 }
.before { stroke: #bc4c00; stroke-width: 3; stroke-dasharray: 4 3 }
.one { stroke: #8c959f; stroke-dasharray: 2 4 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .note { fill: #9198a1 } .back { fill: #0d1117 } .bar { fill: #4493f8 }
  .goal { stroke: #3fb950 } .before { stroke: #f0883e }
}";

/// The picture, as SVG. `about` says when and where it was measured.
pub(crate) fn svg(about: &str, bars: &[Bar<'_>]) -> String {
    let most = bars.iter().map(|bar| bar.ratio.max(bar.goal.unwrap_or(0.0))).fold(1.0, f64::max);
    let scale = (WIDTH - LABEL - RIGHT) / most;
    #[expect(clippy::cast_precision_loss, reason = "there are few bars")]
    let end = TOP + ROW * bars.len() as f64;
    let (height, one) = (end + BOTTOM, LABEL + scale);
    let has_before = bars.iter().any(|bar| bar.before.is_some());
    let picture = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (WIDTH) " " (height) } width=(WIDTH) height=(height) role="img" {
            title { "Requests a second at 8 connections, as a part of those of one SELECT" }
            style { (PreEscaped(STYLE)) }
            rect class="back" width="100%" height="100%" {}
            text class="title" x="16" y="26" { "Requests a second at 8 connections; one SELECT is 1" }
            text class="note" x="16" y="44" { (about) }
            line class="one" x1=(one) x2=(one) y1=(TOP) y2=(end) {}
            @for (place, bar) in (0_u32..).zip(bars) { (row(bar, TOP + ROW * f64::from(place), scale)) }
            (legend(end + 30.0, has_before))
        }
    };
    picture.into_string() + "\n"
}

fn row(bar: &Bar<'_>, top: f64, scale: f64) -> Markup {
    let kind = if bar.name.starts_with('(') { "limit" } else { "bar" };
    let (width, middle) = (bar.ratio * scale, top + ROW / 2.0 + 4.0);
    let mark = |class: &str, ratio: Option<f64>| {
        let x = ratio.map(|ratio| LABEL + ratio * scale);
        html! { @if let Some(x) = x { line class=(class) x1=(x) x2=(x) y1=(top + 3.0) y2=(top + ROW - 3.0) {} } }
    };
    let reach = bar.ratio.max(bar.goal.unwrap_or(0.0)).max(bar.before.unwrap_or(0.0));
    html! {
        text x="16" y=(middle) { (bar.name) }
        rect class=(kind) x=(LABEL) y=(top + 7.0) width=(format!("{width:.1}")) height=(ROW - 14.0) rx="3" {}
        (mark("goal", bar.goal))
        (mark("before", bar.before))
        text x=(format!("{:.1}", LABEL + reach * scale + 10.0)) y=(middle) { (format!("{:.2}", bar.ratio)) }
    }
}

fn legend(y: f64, has_before: bool) -> Markup {
    let (top, bottom) = (y - 12.0, y + 4.0);
    html! {
        line class="goal" x1="20" x2="20" y1=(top) y2=(bottom) {}
        text class="note" x="30" y=(y) { "meant to be reached" }
        @if has_before {
            line class="before" x1="180" x2="180" y1=(top) y2=(bottom) {}
            text class="note" x="190" y=(y) { "the run before" }
        }
    }
}
