//! All that pages say, in one file per language.

/// Declares the texts of the first language, and the type that every other one fills.
macro_rules! texts {
    ($($name:ident: $text:literal,)*) => {
        /// The texts of a language. `{}` stands for what a page puts there: a name, a number.
        pub(crate) struct Texts { $(pub(crate) $name: &'static str,)* }

        /// English.
        pub(crate) static EN: Texts = Texts { $($name: $text,)* };
    };
}

// It is in scope below its declaration.
mod en;

pub(crate) use en::{EN, Texts};

/// A text with something in the place of each `{}`.
pub(crate) fn fill(text: &str, parts: &[&str]) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut parts = parts.iter();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{}") {
        filled.push_str(before);
        filled.push_str(parts.next().copied().unwrap_or_default());
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn what_a_page_puts_there() {
        assert_eq!(fill("{} of {}", &["1", "{}"]), "1 of {}");
        assert_eq!(fill("none", &["1"]), "none");
    }
}
