//! The folders of the crate use only those before them, in the order that ARCHITECTURE.md states.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// One ordered list of modules, below a folder of the sources.
struct Order {
    folder: PathBuf,
    /// The path by which its modules are imported: `crate` or `crate::engine`.
    path: &'static str,
    modules: Vec<String>,
}

impl Order {
    /// The order in the line of ARCHITECTURE.md that begins with this label: `label: a, b → c`.
    fn of(label: &str, folder: &str, path: &'static str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
        let text = fs::read_to_string(root.join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
        let line = text.lines().find_map(|line| line.strip_prefix(label)).expect("the line with the order");
        let modules = line.split(['→', ',']).map(|name| name.trim().trim_matches('`').to_owned()).collect();
        Self { folder: root.join("kafka-service/src").join(folder), path, modules }
    }

    fn rank(&self, module: &str) -> Option<usize> {
        self.modules.iter().position(|known| known == module)
    }

    /// The module that a file belongs to.
    fn module_of(&self, file: &Path) -> Option<String> {
        let first = file.strip_prefix(&self.folder).ok()?.components().next()?;
        Some(first.as_os_str().to_str()?.trim_end_matches(".rs").to_owned())
    }

    fn violations(&self) -> Vec<String> {
        let mut found = Vec::new();
        for file in sources(&self.folder) {
            let Some(module) = self.module_of(&file) else { continue };
            let Some(own) = self.rank(&module) else { continue };
            let text = fs::read_to_string(&file).expect("a source file");
            // For the module itself, `super` is this folder.
            let is_root =
                [format!("{module}.rs"), format!("{module}/mod.rs")].map(|name| self.folder.join(name)).contains(&file);
            let of_super = if is_root { used(&text, "super") } else { BTreeSet::new() };
            for used in used(&text, self.path).union(&of_super) {
                if self.rank(used).is_some_and(|other| other > own) {
                    found.push(format!("{}: `{module}` uses `{used}`, which comes after it", file.display()));
                }
            }
        }
        found
    }
}

/// The sources of a folder without its tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of the sources").flatten().map(|entry| entry.path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let is_source = |path: &PathBuf| {
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        path.extension().is_some_and(|extension| extension == "rs") && !name.ends_with("tests")
    };
    let nested = folders.iter().filter(|folder| !folder.ends_with("tests")).flat_map(|folder| sources(folder));
    files.into_iter().filter(is_source).chain(nested).collect()
}

/// The modules that a source uses through `path`. Unit tests and comments may use anything.
fn used(text: &str, path: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut used = BTreeSet::new();
    for rest in code.split(&format!("{path}::")).skip(1) {
        match rest.strip_prefix('{') {
            Some(list) => used.extend(names(list)),
            None => used.extend(name(rest)),
        }
    }
    used
}

/// The first name of each part of a list that ends with `}`.
fn names(list: &str) -> Vec<String> {
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (at, letter) in list.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.extend(name(&list[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.extend(name(&list[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    names
}

fn name(text: &str) -> Option<String> {
    let text = text.trim();
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

#[test]
fn modules_use_only_those_before_them() {
    for order in [Order::of("Modules: ", "", "crate"), Order::of("Engine: ", "engine", "crate::engine")] {
        let known: BTreeSet<_> = sources(&order.folder).iter().filter_map(|file| order.module_of(file)).collect();
        let missing: Vec<_> = order.modules.iter().filter(|module| !known.contains(*module)).collect();
        assert!(missing.is_empty(), "ARCHITECTURE.md names modules that do not exist: {missing:?}");
        let violations = order.violations();
        assert!(violations.is_empty(), "{}", violations.join("\n"));
    }
}

#[test]
fn nested_imports_are_found() {
    let text = "use crate::{\n    acks::Acks,\n    engine::{Batch, attempt::{self, Delivery}},\n    sync,\n};\nfn f() { crate::health::x() }\n";
    assert_eq!(used(text, "crate").into_iter().collect::<Vec<_>>(), ["acks", "engine", "health", "sync"]);
    assert_eq!(used("use crate::engine::{Batch, attempt::call};", "crate::engine").len(), 2);
}
