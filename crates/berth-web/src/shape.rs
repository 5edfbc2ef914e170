//! The shape of a row's pattern.

/// What a pattern says at a glance: most rows are left out by it, without a look at their segments.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// What comes before its first parameter; empty where it has none.
    prefix: &'static [u8],
    /// How many segments it has; none where a star takes several.
    segments: Option<usize>,
}

impl Shape {
    /// The shape of a pattern.
    pub(crate) const fn of(pattern: &'static str) -> Self {
        let pattern = pattern.as_bytes();
        let (mut literal, mut segments, mut has_star) = (None, 1, false);
        let mut position = 0;
        while position < pattern.len() {
            match pattern[position] {
                b'/' if position + 1 < pattern.len() => segments += 1,
                byte @ (b':' | b'*') => {
                    has_star |= byte == b'*';
                    if literal.is_none() {
                        literal = Some(position);
                    }
                }
                _ => {}
            }
            position += 1;
        }
        let literal = match literal {
            Some(literal) => literal,
            None => 0,
        };
        let (prefix, _) = pattern.split_at(literal);
        Self { prefix, segments: if has_star { None } else { Some(segments) } }
    }

    /// Whether a path of so many segments can be one of the pattern's.
    pub(crate) fn may_fit(&self, path: &[u8], segments: usize) -> bool {
        self.segments.is_none_or(|own| own == segments) && path.starts_with(self.prefix)
    }
}
