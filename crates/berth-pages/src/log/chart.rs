//! How much happened on each day: a chart, and the same as a table.

use berth_domain::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::asked::{Asked, DAY_S, LogOf};
use crate::refusal::Refusal;
use crate::texts::fill;
use crate::visit::Visit;

/// What the API counts.
#[derive(Deserialize)]
struct Counts {
    aggregated: Vec<Count>,
}

#[derive(Deserialize)]
struct Count {
    kind: String,
    count: i64,
    datetime: String,
}

/// A day and its number.
type Day = (String, i64);

/// How wide a day is in the chart.
const WIDTH: usize = 10;

/// How high the chart is.
const HEIGHT: i64 = 100;

/// The part of the page. Two statements.
pub(super) fn section(visit: &Visit<'_>, log: &LogOf, asked: &Asked) -> Result<Markup, Refusal> {
    let t = visit.texts;
    let first = asked.first_counted();
    let target = asked.target_from(&format!("{}/aggregatelogs", log.api), first);
    let counts: Counts = visit.get(&target)?;
    let days = days(first, asked, &counts);
    let title = fill(t.log_chart, &[&first.to_date(), &asked.last.to_date()]);
    let total: i64 = days.iter().map(|(_, count)| count).sum();
    Ok(html! {
        section.card aria-labelledby="activity" {
            h2 #activity { (title) }
            div data-chart { (drawing(visit, &days, &fill(t.log_total, &[&total.to_string()]))) }
            details {
                summary { (t.log_numbers) }
                table {
                    thead { tr { th scope="col" { (t.log_day) } th.number scope="col" { (t.log_number) } } }
                    tbody {
                        @for (day, count) in days.iter().rev() {
                            tr { th scope="row" { (day) } td.number { (count) } }
                        }
                    }
                }
            }
        }
    })
}

/// Each day from `first` to the last that is asked for, with how many entries of the kind it has.
fn days(first: Timestamp, asked: &Asked, counts: &Counts) -> Vec<Day> {
    let days = (0..).map(|day| first.plus_seconds(day * DAY_S));
    let days = days.take_while(|day| *day <= asked.last).map(Timestamp::to_date);
    let counted: Vec<(Option<String>, i64)> = counts
        .aggregated
        .iter()
        .filter(|count| count.kind.contains(&asked.kind))
        .map(|count| {
            (Timestamp::from_rfc2822(&count.datetime).map(Timestamp::to_date), count.count)
        })
        .collect();
    let of_day = |day: &String| {
        let counts = counted.iter().filter(|(counted, _)| counted.as_ref() == Some(day));
        counts.map(|(_, count)| count).sum()
    };
    days.map(|day| (day.clone(), of_day(&day))).collect()
}

/// A bar for each day; a day without entries has a line.
fn drawing(visit: &Visit<'_>, days: &[Day], label: &str) -> Markup {
    let most = days.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let box_ = format!("0 0 {} {HEIGHT}", days.len() * WIDTH);
    html! {
        svg.chart role="img" aria-label=(label) viewBox=(box_) preserveAspectRatio="none" {
            @for (index, (day, count)) in days.iter().enumerate() {
                @let height = bar_height(*count, most);
                rect.ground[*count == 0] x=(index * WIDTH + 1) y=(HEIGHT - height) width=(WIDTH - 2)
                    height=(height) data-label=(fill(visit.texts.log_bar, &[day, &count.to_string()])) {}
            }
        }
    }
}

/// How high a bar is: what there is at all can be seen.
fn bar_height(count: i64, most: i64) -> i64 {
    match count {
        0 => 1,
        count => (count.saturating_mul(HEIGHT) / most).max(3),
    }
}

#[cfg(test)]
mod tests {
    use super::bar_height;

    #[test]
    fn bars() {
        assert_eq!(bar_height(0, 1), 1);
        assert_eq!(bar_height(1, 1_000_000), 3);
        assert_eq!(bar_height(500, 1000), 50);
        assert_eq!(bar_height(1000, 1000), 100);
    }
}
