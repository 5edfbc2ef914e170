//! Files of one crate do not import each other in a circle, so that each can be read after those that it uses.
//!
//! A file imports the files in which what it names is defined: by `use`, or by a path that begins with `crate`, `super`,
//! `self` or a module of its own. A re-export is followed to the definition (one by `*` is not); `mod x;` alone is no import, and what is for
//! tests alone (`#[cfg(test)]`) does not count.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use berth_tests::repository_root;
use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

#[test]
fn files_do_not_import_each_other_in_a_circle() {
    let mut found = Vec::new();
    for directory in members() {
        let source = repository_root().join(&directory).join("src");
        let read = |path: &str| fs::read_to_string(source.join(path)).ok();
        for circle in roots(&source).iter().flat_map(|root| circles(&imports(root, &read))) {
            found.push(format!("{directory}: {}", circle.join(" -> ")));
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// The directories of the workspace's crates.
fn members() -> Vec<String> {
    let manifest = fs::read_to_string(repository_root().join("Cargo.toml")).expect("it is there");
    let manifest: toml::Table = manifest.parse().expect("it is TOML");
    manifest["workspace"]["members"].clone().try_into().expect("a list of texts")
}

/// The root files of a crate's library and programs.
fn roots(source: &Path) -> Vec<String> {
    let programs = fs::read_dir(source.join("bin")).into_iter().flatten();
    let programs = programs.map(|entry| {
        let name = entry.expect("an entry").file_name().into_string().expect("a text");
        if name.ends_with(".rs") { format!("bin/{name}") } else { format!("bin/{name}/main.rs") }
    });
    let all = programs.chain(["lib.rs".to_owned(), "main.rs".to_owned()]);
    all.filter(|root| source.join(root).is_file()).collect()
}

/// The files that each file imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// One circle for each file that is in one, the shortest; each circle once.
fn circles(imports: &Imports) -> Vec<Vec<String>> {
    let mut found: BTreeMap<BTreeSet<String>, Vec<String>> = BTreeMap::new();
    for start in imports.keys() {
        let mut paths = VecDeque::from([vec![start.clone()]]);
        let mut seen = BTreeSet::new();
        while let Some(path) = paths.pop_front() {
            for next in path.last().and_then(|last| imports.get(last)).into_iter().flatten() {
                if next == start {
                    found.entry(path.iter().cloned().collect()).or_insert(path.clone());
                    paths.clear();
                    break;
                }
                if seen.insert(next) {
                    paths.push_back([path.clone(), vec![next.clone()]].concat());
                }
            }
        }
    }
    found.into_values().collect()
}

/// A module, by its path from the root of the crate.
#[derive(Default)]
struct Module {
    file: String,
    children: BTreeSet<String>,
    /// The names that `use` gives, and what they mean.
    uses: Vec<(String, Vec<String>)>,
    /// The paths in it, those of `use` included.
    paths: Vec<Vec<String>>,
}

type Modules = BTreeMap<Vec<String>, Module>;

/// Reads the crate with this root file.
fn imports(root: &str, read: &dyn Fn(&str) -> Option<String>) -> Imports {
    let mut modules = Modules::new();
    let directory = Path::new(root).parent().unwrap_or(Path::new("")).to_owned();
    read_file(root, &directory, Vec::new(), read, &mut modules);
    let mut imports = Imports::new();
    for (at, module) in &modules {
        let of_file = imports.entry(module.file.clone()).or_default();
        let files = module.paths.iter().filter_map(|path| file_of(path, at, &modules, 0));
        of_file.extend(files.filter(|file| *file != module.file));
    }
    imports
}

/// Adds the module in `file`, whose children are files in `directory`.
fn read_file(
    file: &str,
    directory: &Path,
    at: Vec<String>,
    read: &dyn Fn(&str) -> Option<String>,
    modules: &mut Modules,
) {
    let text = read(file).unwrap_or_else(|| panic!("{file} is missing"));
    let tokens = without_tests(&tokens(&text));
    let mut children = Vec::new();
    read_module(&tokens, file, at, modules, &mut children);
    for child in children {
        let below: PathBuf = directory.join(child.last().expect("it has a name"));
        let path = below.with_extension("rs").to_str().expect("a text").to_owned();
        let path = if read(&path).is_some() { path } else { format!("{}/mod.rs", below.display()) };
        read_file(&path, &below, child, read, modules);
    }
}

/// Adds a module that is these tokens. `children` get the modules that are files of their own.
fn read_module(
    tokens: &[String],
    file: &str,
    at: Vec<String>,
    modules: &mut Modules,
    children: &mut Vec<Vec<String>>,
) {
    let mut module = Module { file: file.to_owned(), ..Module::default() };
    let is_name = |at: usize| tokens.get(at).is_some_and(|token| is_identifier(token));
    let token = |at: usize| tokens.get(at).map_or("", String::as_str);
    let mut here = 0;
    while here < tokens.len() {
        match token(here) {
            "mod" if is_name(here + 1) => {
                let child = [at.clone(), vec![token(here + 1).to_owned()]].concat();
                module.children.insert(token(here + 1).to_owned());
                if token(here + 2) == "{" {
                    let end = end_of_block(tokens, here + 2);
                    read_module(&tokens[here + 3..end], file, child, modules, children);
                    here = end;
                } else {
                    children.push(child);
                }
            }
            "use" => {
                let end = tokens[here..].iter().position(|token| token == ";");
                let end = here + end.unwrap_or(tokens.len() - here);
                read_use(&tokens[here + 1..end], Vec::new(), &mut module);
                here = end;
            }
            "macro_rules" => {
                // Those that are exported are found in the root of the crate.
                let name = token(here + 2).to_owned();
                let path = [vec!["crate".into()], at.clone(), vec![name.clone()]].concat();
                modules.entry(Vec::new()).or_default().uses.push((name, path));
                here += 2;
            }
            _ if is_name(here) && token(here + 1) == "::" => {
                let mut path = vec![token(here).to_owned()];
                while token(here + 1) == "::" && is_name(here + 2) {
                    path.push(token(here + 2).to_owned());
                    here += 2;
                }
                module.paths.push(path);
            }
            _ => {}
        }
        here += 1;
    }
    let known = modules.entry(at).or_default();
    module.uses.append(&mut known.uses);
    *known = module;
}

/// Reads the tree of a `use` behind `prefix`.
fn read_use(tree: &[String], prefix: Vec<String>, module: &mut Module) {
    if tree.is_empty() {
        return;
    }
    let mut path = prefix;
    let mut here = 0;
    while here < tree.len() {
        match tree[here].as_str() {
            "::" => {}
            "{" => {
                let (mut begin, mut depth) = (here + 1, 0);
                for at in here + 1..tree.len() {
                    match tree[at].as_str() {
                        "{" => depth += 1,
                        "," if depth == 0 => {
                            read_use(&tree[begin..at], path.clone(), module);
                            begin = at + 1;
                        }
                        "}" if depth == 0 => {
                            return read_use(&tree[begin..at], path, module);
                        }
                        "}" => depth -= 1,
                        _ => {}
                    }
                }
            }
            "as" => {
                module.paths.push(path.clone());
                module.uses.push((tree[here + 1].clone(), path));
                return;
            }
            "*" => {}
            "self" if !path.is_empty() => {}
            name => path.push(name.to_owned()),
        }
        here += 1;
    }
    module.paths.push(path.clone());
    module.uses.push((path.last().cloned().unwrap_or_default(), path));
}

/// The file in which what `path` names in the module `at` is defined; none if that is another crate.
fn file_of(path: &[String], at: &[String], modules: &Modules, depth: usize) -> Option<String> {
    let (first, mut rest) = path.split_first()?;
    let here = modules.get(at)?;
    let mut module = match first.as_str() {
        "crate" => Vec::new(),
        "self" => at.to_vec(),
        "super" => at[..at.len().checked_sub(1)?].to_vec(),
        name if here.children.contains(name) => [at, &[name.to_owned()]].concat(),
        // It is imported: then the `use` itself counts.
        _ => return None,
    };
    // (A macro of the root leads back to the root: not for ever.)
    while let Some((name, behind)) = rest.split_first() {
        let known = modules.get(&module)?;
        if name == "super" {
            module.pop();
        } else if known.children.contains(name) {
            module.push(name.clone());
        } else if depth > 8 {
            break;
        } else {
            let named = known.uses.iter().filter(|(own, _)| own == name);
            let found = named.map(|(_, path)| [path, behind].concat());
            let mut found = found.filter_map(|path| file_of(&path, &module, modules, depth + 1));
            return found.next().or_else(|| Some(known.file.clone()));
        }
        rest = behind;
    }
    modules.get(&module).map(|module| module.file.clone())
}

fn is_identifier(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Where the block that begins at `open` ends.
fn end_of_block(tokens: &[String], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len()
}

/// Without the items that are for tests alone.
fn without_tests(tokens: &[String]) -> Vec<String> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut here = 0;
    while here < tokens.len() {
        if !tokens[here..].iter().zip(MARK).map(|(token, mark)| token == mark).eq([true; 7]) {
            kept.push(tokens[here].clone());
            here += 1;
            continue;
        }
        here += MARK.len();
        while !["{", ";"].contains(&tokens[here].as_str()) {
            here += 1;
        }
        here = end_of_block(tokens, here) + 1;
    }
    kept
}

/// Names and punctuation, without comments; literals are `0`.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    flatten(text.parse().expect("it is Rust"), &mut tokens);
    tokens
}

fn flatten(stream: TokenStream, tokens: &mut Vec<String>) {
    let (mut after_colon, mut after_quote) = (false, false);
    for tree in stream {
        let joint = matches!(&tree, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint);
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Parenthesis | Delimiter::None => ("(", ")"),
                };
                tokens.push(open.to_owned());
                flatten(group.stream(), tokens);
                tokens.push(close.to_owned());
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' && after_colon => {
                tokens.pop();
                tokens.push("::".to_owned());
            }
            TokenTree::Punct(punct) => {
                tokens.push(punct.to_string());
                after_colon = joint && punct.as_char() == ':';
                after_quote = joint && punct.as_char() == '\'';
                continue;
            }
            // The name of a lifetime.
            TokenTree::Ident(_) if after_quote => {}
            TokenTree::Ident(name) => tokens.push(name.to_string()),
            TokenTree::Literal(_) => tokens.push("0".to_owned()),
        }
        (after_colon, after_quote) = (false, false);
    }
}

/// The circles of a crate whose files are these.
fn circles_of(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let read = |path: &str| {
        files.iter().find(|(file, _)| *file == path).map(|(_, text)| (*text).to_owned())
    };
    circles(&imports("lib.rs", &read))
}

#[test]
fn circles_are_found() {
    for (a, b) in [
        ("use crate::b::B;", "use crate::a::A;"),
        ("use crate::b;", "use super::a::{self, A};"),
        ("fn f() { crate::b::g() }", "use crate::{Renamed as C, c::D};"),
        ("use crate::B;", "use crate::c::inner::{D, super::super::a::A};"),
        ("use crate::c::B;", "#[cfg(test)] use std::fs; fn f<'a>() { crate::a::g() }"),
    ] {
        let root = "mod a; mod b; mod c; pub use {a::A as Renamed, b::B}; fn f() { a::g() }";
        let c = "pub mod inner { pub struct D; } pub use inner::D; pub use crate::B;";
        let files = [("lib.rs", root), ("a.rs", a), ("b.rs", b), ("c.rs", c)];
        let found = circles_of(&files);
        assert!(found.contains(&vec!["a.rs".into(), "b.rs".into()]), "{a} {b} {found:?}");
    }
    let parent = "mod c; use c::D; struct A;";
    let files = [("lib.rs", "mod a;"), ("a.rs", parent), ("a/c.rs", "use super::A;")];
    assert_eq!(circles_of(&files), [["a.rs", "a/c.rs"]]);
    let root = "mod a; pub use a::A; struct B;";
    let files = [("lib.rs", root), ("a.rs", "use crate::B;")];
    assert_eq!(circles_of(&files), [["a.rs", "lib.rs"]]);
}

#[test]
fn what_is_no_circle_is_none() {
    for (a, b) in [
        ("use crate::b::B;", "#[cfg(test)] mod tests { use super::*; use crate::a::A; }"),
        ("use crate::b::B;", "// use crate::a::A;\nconst A: &str = \"crate::a::A\";"),
        ("use crate::b::B;", "use other::a::A; mod d { use super::X; } struct X;"),
        ("use crate::B;", "use crate::c::D;"),
    ] {
        let root = "mod a; mod b; mod c; pub use a::A; pub use b::B;";
        let files = [("lib.rs", root), ("a.rs", a), ("b.rs", b), ("c.rs", "struct D;")];
        assert_eq!(circles_of(&files), Vec::<Vec<String>>::new(), "{a} {b}");
    }
}
