//! How every page looks and whether everybody can use it: pictures at two widths in light and dark, axe-core, the keyboard.
//!
//! The pictures are in `target/screenshots/console/`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use berth_tests::console::{Seen, installation, walk};
use berth_tests::packages::console_npm_packages;
use berth_tests::{Browser, target_directory};
use serde_json::Value;

use super::{host_of, sign_in};

/// The views: width and height in pixels, dark or light, and what the picture is called.
const VIEWS: [(u32, u32, bool, &str); 4] = [
    (1280, 900, false, "wide-light"),
    (1280, 900, true, "wide-dark"),
    (390, 844, false, "narrow-light"),
    (390, 844, true, "narrow-dark"),
];

/// The views in which axe-core looks at a page.
const AXE_VIEWS: [&str; 2] = ["wide-light", "narrow-dark"];

/// Whose pages are looked at: between them they see all.
const VISITORS: [&str; 4] = ["nobody", "bob", "ana", "root"];

/// One address of each kind of page, as the visitor reaches it.
fn kinds(seen: BTreeMap<String, Seen>, known: &mut Vec<String>) -> Vec<String> {
    let mut chosen = Vec::new();
    for (address, page) in seen {
        let kind = kind(&address);
        if page.status == 200 && !page.html.is_empty() && !known.contains(&kind) {
            known.push(kind);
            chosen.push(address);
        }
    }
    chosen
}

/// What kind of page an address is of: the pattern of its page, with its tab.
fn kind(address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let pattern = berth_pages::pages()
        .map(|page| page.path)
        .find(|pattern| berth_web::path_parameters(pattern, path).is_some());
    let tab = query.split('&').find(|pair| pair.starts_with("tab=") || pair.starts_with("act="));
    format!("{} {}", pattern.unwrap_or(path), tab.unwrap_or_default())
}

/// A name for the file of a picture.
fn file_name(address: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    let name: String = address.chars().map(plain).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "home".into() } else { name.chars().take(80).collect() }
}

#[test]
fn every_page_is_accessible_and_has_its_picture() {
    let app = installation();
    let host = host_of(&app);
    let axe = console_npm_packages().join("axe-core/axe.min.js");
    let axe = std::fs::read_to_string(axe).expect("axe-core is installed");
    let mut known = Vec::new();
    let mut faults = String::new();
    let mut looked_at = 0;
    for visitor in VISITORS {
        let starts =
            ["/", "/organization/acme", "/organization/cache", "/createaccount", "/forgotpassword"];
        let addresses = kinds(walk(&app, visitor, &starts), &mut known);
        let browser = Browser::open(true);
        if visitor != "nobody" {
            sign_in(&browser, host.base(), visitor);
        }
        for address in addresses {
            browser.go(&format!("{}{address}", host.base()));
            looked_at += 1;
            for (width, height, dark, view) in VIEWS {
                browser.set_view(width, height, dark);
                let name = format!("{visitor}-{}", file_name(&address));
                let path = format!("screenshots/console/{view}/{name}.png");
                browser.picture(&target_directory().join(path));
                let wider =
                    browser.run("return document.documentElement.scrollWidth - innerWidth;");
                if wider.as_i64().is_none_or(|wider| wider > 0) {
                    let _ = writeln!(faults, "{visitor} {address} {view}: {wider} pixels too wide");
                }
                // Each width and each of the two colours once.
                if AXE_VIEWS.contains(&view) {
                    let place = format!("{visitor} {address} {view}");
                    report(&mut faults, &place, &run_axe(&browser, &axe));
                }
            }
            let unreachable = by_keyboard(&browser);
            if !unreachable.is_empty() {
                let _ = writeln!(faults, "{visitor} {address}: {unreachable}");
            }
        }
    }
    assert!(looked_at > 20, "only {looked_at} pages were looked at");
    assert!(faults.is_empty(), "{faults}");
}

/// What axe-core finds on the page.
fn run_axe(browser: &Browser, axe: &str) -> Value {
    browser.run(&format!(
        "if (!window.axe) {{ {axe}\n window.axe = window.axe ?? axe; }}\n\
         const found = await window.axe.run(document, {{ resultTypes: ['violations'] }});\n\
         return found.violations.map(fault => [fault.id, fault.help, fault.nodes.map(node => node.html + ' ' + node.failureSummary)]);"
    ))
}

fn report(faults: &mut String, place: &str, found: &Value) {
    let list = found.as_array().unwrap_or_else(|| panic!("{place}: axe-core says {found}"));
    for fault in list {
        let _ = writeln!(faults, "{place}: {fault}");
    }
}

/// What can be clicked and is not reached with the Tab key, or shows no focus when it is; and where Tab never comes back.
fn by_keyboard(browser: &Browser) -> String {
    const MOST: usize = 150;
    let wanted = browser.run(
        "const shown = element => element.checkVisibility() && !element.disabled && element.tabIndex >= 0;\n\
         const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')].filter(shown);\n\
         const radios = new Set();\n\
         all.forEach((element, index) => { element.dataset.number = index; });\n\
         document.activeElement.blur(); window.getSelection().removeAllRanges(); document.body.tabIndex = -1; document.body.focus();\n\
         return all.filter(element => { if (element.type !== 'radio') return true; if (radios.has(element.name)) return false; radios.add(element.name); return true; }).map(element => element.dataset.number);",
    );
    let mut wanted: Vec<String> = wanted
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|number| number.as_str().map(str::to_owned))
        .collect();
    let mut faults = String::new();
    for _ in 0..MOST {
        if wanted.is_empty() {
            break;
        }
        browser.press("\u{E004}");
        let here = browser.run(
            "const element = document.activeElement;\n\
             const style = getComputedStyle(element);\n\
             const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;\n\
             const group = element.type === 'radio' ? [...document.getElementsByName(element.name)].map(radio => radio.dataset.number) : [element.dataset.number];\n\
             return [group, seen, element.outerHTML.slice(0, 120)];",
        );
        if here[1] == false && here[0][0].is_string() {
            let _ = write!(faults, "no focus is seen on {}; ", here[2]);
        }
        for number in here[0].as_array().into_iter().flatten() {
            wanted.retain(|other| Some(other.as_str()) != number.as_str());
        }
    }
    if !wanted.is_empty() {
        let _ = write!(faults, "Tab does not reach {wanted:?}");
    }
    faults
}
