//! The modules of the library import one another in the order that ARCHITECTURE.md lists, and in no circle.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// A module's path below `core/src`.
type Module = Vec<String>;

const ARCHITECTURE: &str = include_str!("../../ARCHITECTURE.md");

/// Who imports whom in a folder of sources; a module and those inside of it are one family, which says nothing here.
fn imports(source: &str) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut files = BTreeMap::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
    read_folder(&source, &mut Vec::new(), &mut files);
    assert!(files.len() > 5);
    let modules: BTreeSet<Module> = files.keys().cloned().collect();
    let known = |path: &[String]| {
        let longest = (1..=path.len())
            .rev()
            .find(|&length| modules.contains(&path[..length]))?;
        Some(path[..longest].to_vec())
    };
    let mut imports = BTreeMap::new();
    for (module, file) in &files {
        let mut paths = Paths {
            module: module.clone(),
            found: BTreeSet::new(),
        };
        paths.visit_file(file);
        let others = paths.found.iter().filter_map(|path| known(path));
        let others = others.filter(|other| !other.starts_with(module) && !module.starts_with(other));
        imports.insert(module.clone(), others.collect());
    }
    imports
}

fn read_folder(folder: &Path, outer: &mut Module, files: &mut BTreeMap<Module, syn::File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            outer.push(name);
            read_folder(&path, outer, files);
            outer.pop();
        } else if path.extension().is_some_and(|end| end == "rs") && !["lib", "main", "tests"].contains(&name.as_str())
        {
            let mut module = outer.clone();
            module.extend((name != "mod").then_some(name));
            let file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
            assert!(files.insert(module, file).is_none(), "{}", path.display());
        }
    }
}

/// Every path from `crate`, `super` or `self` on, but for those of tests.
struct Paths {
    module: Module,
    found: BTreeSet<Module>,
}

impl Paths {
    fn add(&mut self, path: &[String]) {
        let mut at = match path.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            Some("super" | "self") => self.module.clone(),
            _ => return,
        };
        for part in path {
            match part.as_str() {
                "crate" | "self" => {}
                "super" => drop(at.pop()),
                part => at.push(part.to_owned()),
            }
        }
        self.found.insert(at);
    }

    fn add_tree(&mut self, tree: &UseTree, before: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.add_tree(&path.tree, before);
                before.pop();
            }
            UseTree::Name(name) => self.add(&[&before[..], &[name.ident.to_string()]].concat()),
            UseTree::Rename(name) => self.add(&[&before[..], &[name.ident.to_string()]].concat()),
            UseTree::Glob(_) => self.add(before),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(tree, before)),
        }
    }
}

fn is_of_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let is_cfg = attribute.path().is_ident("cfg");
        is_cfg
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test"))
    })
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        match item {
            _ if is_of_tests(attributes) => {}
            Item::Use(item) => self.add_tree(&item.tree, &mut Vec::new()),
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add(&parts);
        visit::visit_path(self, path);
    }
}

/// The modules at the top, as ARCHITECTURE.md lists them: the first column of its first table.
fn listed() -> Vec<String> {
    let rows = ARCHITECTURE.lines().skip_while(|line| !line.starts_with("| module"));
    let rows = rows.skip(2).take_while(|line| line.starts_with('|'));
    let first = rows.map(|row| row.split('|').nth(1).unwrap().trim().trim_matches('`').to_owned());
    first
        .map(|name| name.trim_end_matches('/').trim_end_matches(".rs").to_owned())
        .collect()
}

#[test]
fn modules_import_only_those_listed_before_them() {
    let (listed, imports) = (listed(), imports("src"));
    let tops: BTreeSet<&String> = imports.keys().map(|module| &module[0]).collect();
    assert_eq!(
        listed.iter().collect::<BTreeSet<_>>(),
        tops,
        "ARCHITECTURE.md lists every module"
    );
    let place = |module: &Module| listed.iter().position(|name| *name == module[0]).unwrap();
    for (module, others) in &imports {
        for other in others.iter().filter(|other| other[0] != module[0]) {
            assert!(
                place(other) < place(module),
                "{} imports {}",
                module.join("/"),
                other.join("/")
            );
        }
    }
}

#[test]
fn modules_import_each_other_in_no_circle() {
    for source in ["src", "../bindings-python/src", "../bindings-node/src"] {
        let circles = circles(imports(source));
        assert!(circles.is_empty(), "{source}: {}", circles.join("\n"));
    }
}

/// The modules that import each other in circles, or that are imported by such and import such.
fn circles(mut left: BTreeMap<Module, BTreeSet<Module>>) -> Vec<String> {
    // It is one mutable state, in parts.
    left.retain(|module, _| !(module.starts_with(&["catalog".to_owned(), "builder".to_owned()])));
    // Whoever imports nobody that is left is in no circle.
    loop {
        let names: BTreeSet<Module> = left.keys().cloned().collect();
        let before = left.len();
        left.retain(|_, others| others.iter().any(|other| names.contains(other)));
        if left.len() == before {
            break;
        }
    }
    let names: BTreeSet<&Module> = left.keys().collect();
    let circles = left.iter().map(|(module, others)| {
        let others = others.iter().filter(|other| names.contains(other));
        let others: Vec<String> = others.map(|other| other.join("/")).collect();
        format!("{} imports {}", module.join("/"), others.join(", "))
    });
    circles.collect()
}

#[test]
fn a_circle_is_found() {
    let module = |name: &str| vec![name.to_owned()];
    let imports = [("a", "b"), ("b", "c"), ("c", "b"), ("d", "e"), ("e", "f")];
    let imports = imports.map(|(from, to)| (module(from), BTreeSet::from([module(to)])));
    assert_eq!(circles(imports.into()), ["a imports b", "b imports c", "c imports b"]);
}
