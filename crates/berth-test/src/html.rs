//! HTML as snapshots show it.

/// A line for each element that begins or ends a block: pages are written without white space.
#[must_use]
pub fn lines_of_html(html: &str) -> String {
    const BLOCKS: [&str; 9] = ["div", "form", "h1", "h2", "label", "li", "main", "p", "ul"];
    let mut text = html.to_owned();
    for block in BLOCKS {
        text = text.replace(&format!("<{block}>"), &format!("\n<{block}>"));
        text = text.replace(&format!("<{block} "), &format!("\n<{block} "));
    }
    text
}
