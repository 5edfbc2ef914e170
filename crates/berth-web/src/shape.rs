//! The shape of a row's pattern.

/// What a pattern says at a glance: most rows are left out by it, without a look at their segments.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// The pattern.
    pattern: &'static [u8],
    /// How many of its bytes come before its first parameter.
    literal: usize,
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
        Self { pattern, literal, segments: if has_star { None } else { Some(segments) } }
    }

    /// Whether a path of so many segments can be one of the pattern's.
    pub(crate) fn may_fit(&self, path: &[u8], segments: usize) -> bool {
        self.segments.is_none_or(|own| own == segments)
            && path.get(..self.literal).is_some_and(|part| part == &self.pattern[..self.literal])
    }
}
