//! Dependencies point one way: each layer uses only those to its left.

use std::path::{Path, PathBuf};

const LAYERS: &[&str] =
    &["config", "model", "text", "store", "change", "query", "exchange", "api", "access", "http", "cli"];

/// Libraries that one layer alone may name.
const OWNED: &[(&str, &[&str])] = &[
    ("redb", &["store"]),
    ("async_graphql", &["api"]),
    ("apollo_compiler", &["api"]),
    ("axum", &["http", "cli"]),
    ("tokio", &["api", "http", "cli"]),
    ("anyhow", &["cli"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The layers that a source names as `crate::layer`, in a `use` line or anywhere else but in a comment.
fn named(text: &str) -> Vec<&'static str> {
    let code = |line: &&str| !line.trim_start().starts_with("//");
    let uses = |layer: &&&str| text.lines().filter(code).any(|line| line.contains(&format!("crate::{layer}")));
    LAYERS.iter().filter(uses).copied().collect()
}

#[test]
fn each_layer_uses_only_those_to_its_left() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 40);
    for file in files {
        let relative = file.strip_prefix(&root).unwrap();
        let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
        let layer = first.trim_end_matches(".rs");
        let Some(place) = LAYERS.iter().position(|name| *name == layer) else {
            assert!(matches!(layer, "lib" | "main"), "{} is in no layer", relative.display());
            continue;
        };
        let text = std::fs::read_to_string(&file).unwrap();
        for used in named(&text) {
            let used_place = LAYERS.iter().position(|name| *name == used).unwrap();
            assert!(used_place <= place, "{} uses {used}, which is to its right", relative.display());
        }
        for (library, owners) in OWNED {
            let names = text.lines().any(|line| line.contains(&format!("{library}::")));
            assert!(!names || owners.contains(&layer), "{} names {library}", relative.display());
        }
    }
}
