//! The inventory of a pinned standard: its algorithms and the numbers of their steps.

use std::collections::BTreeMap;

/// What a pinned standard has, in its order.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// The algorithms.
    pub list: Vec<InventoryEntry>,
    places: BTreeMap<String, usize>,
}

/// An algorithm of the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryEntry {
    /// Its anchor.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The anchor of the section it stands in.
    pub section: String,
    /// The numbers of its steps, in order.
    pub steps: Vec<String>,
}

impl Inventory {
    /// Reads `{"list": [{"id", "name", "section", "steps"}]}`; what is not of this form counts as empty.
    pub fn parse(json: &str) -> Self {
        let json: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let mut inventory = Self::default();
        for entry in json["list"].as_array().into_iter().flatten() {
            let steps = entry["steps"].as_array().into_iter().flatten().map(text);
            let entry = InventoryEntry {
                id: text(&entry["id"]),
                name: text(&entry["name"]),
                section: text(&entry["section"]),
                steps: steps.collect(),
            };
            let place = inventory.list.len();
            inventory.places.insert(entry.id.clone(), place);
            inventory.list.push(entry);
        }
        inventory
    }

    /// The algorithm with this anchor.
    pub fn get(&self, id: &str) -> Option<&InventoryEntry> {
        self.places.get(id).map(|&place| &self.list[place])
    }
}
