//! What references lead to inside one text: contained resources, and entries of bundles.

use crate::finding::{Code, Draft};
use crate::instance::Tree;
use crate::path::Target;
use std::collections::HashMap;

pub(super) struct Links<'c> {
    tree: &'c Tree<'c>,
    /// Contained resources by the resource that holds them and their id.
    contained: HashMap<(u32, &'c str), u32>,
    /// Resources of entries by `fullUrl`.
    full_urls: HashMap<&'c str, u32>,
    /// Resources of entries by `Type/id`.
    by_type: HashMap<String, u32>,
    doubles: Vec<u32>,
}

impl<'c> Links<'c> {
    pub(super) fn new(tree: &'c Tree<'c>) -> Self {
        let mut links =
            Self { tree, contained: HashMap::new(), full_urls: HashMap::new(), by_type: HashMap::new(), doubles: Vec::new() };
        let count = u32::try_from(tree.len()).unwrap_or(u32::MAX);
        for node in (0..count).filter(|node| tree.node(*node).is_resource) {
            links.add(node);
        }
        links
    }

    fn add(&mut self, node: u32) {
        let tree = self.tree;
        let id = tree.text(node, "id");
        let Some(parent) = tree.parent(node) else { return };
        if tree.node(node).name == "contained" {
            if let Some(id) = id
                && self.contained.insert((parent, id), node).is_some()
            {
                self.doubles.push(node);
            }
            return;
        }
        if let Some(url) = tree.text(parent, "fullUrl") {
            self.full_urls.entry(url).or_insert(node);
        }
        if let Some(id) = id {
            self.by_type.entry(format!("{}/{id}", tree.node(node).type_name)).or_insert(node);
        }
    }

    /// Gives a finding for each contained resource whose id another one has.
    pub(super) fn doubles(&self) -> Vec<Draft> {
        let told = self.doubles.iter().map(|node| {
            let id = self.tree.text(*node, "id").unwrap_or_default();
            Draft::error(Code::Structure, *node, format!("another contained resource has the id `{id}` too")).actual(id)
        });
        told.collect()
    }

    /// Tells whether the element stands in an entry of a bundle.
    pub(super) fn is_in_bundle(&self) -> bool {
        !self.full_urls.is_empty() || !self.by_type.is_empty()
    }

    /// Finds what a reference at an element leads to.
    pub(super) fn resolve(&self, node: u32, reference: &str) -> Target {
        let holder = self.tree.container_of(self.tree.resource_of(node));
        if let Some(id) = reference.strip_prefix('#') {
            return match self.contained.get(&(holder, id)) {
                Some(found) => Target::Inside(*found),
                // R4 §2.3.0.3: `#` alone is the resource that contains this one.
                None if id.is_empty() => Target::Inside(holder),
                None => Target::Nothing,
            };
        }
        let versionless = reference.split("/_history/").next().unwrap_or(reference);
        if let Some(found) = self.full_urls.get(reference).or_else(|| self.full_urls.get(versionless)) {
            return Target::Inside(*found);
        }
        if !reference.contains(':')
            && let Some(found) = self.relative(holder, versionless)
        {
            return Target::Inside(found);
        }
        Target::Outside
    }

    /// Finds `Patient/1` on the server that the entry's own `fullUrl` names, else in any entry.
    fn relative(&self, holder: u32, reference: &str) -> Option<u32> {
        let own = self.tree.parent(holder).and_then(|entry| self.tree.text(entry, "fullUrl"));
        let server = own.and_then(|own| own.rsplitn(3, '/').nth(2));
        let on_server = server.and_then(|server| self.full_urls.get(format!("{server}/{reference}").as_str()));
        on_server.or_else(|| self.by_type.get(reference)).copied()
    }
}
