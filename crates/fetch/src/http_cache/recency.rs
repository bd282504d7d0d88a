//! Values in the order of their last use: a doubly linked list in a vector.

/// Where a value is.
pub(super) type Slot = usize;

/// The values. Every operation takes the same time however many there are.
#[derive(Debug)]
pub(super) struct Recency<T> {
    nodes: Vec<Node<T>>,
    /// Empty nodes, to be used again.
    free: Vec<Slot>,
    least_recent: Option<Slot>,
    most_recent: Option<Slot>,
}

#[derive(Debug)]
struct Node<T> {
    value: Option<T>,
    less_recent: Option<Slot>,
    more_recent: Option<Slot>,
}

impl<T> Default for Recency<T> {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            free: Vec::new(),
            least_recent: None,
            most_recent: None,
        }
    }
}

impl<T> Recency<T> {
    pub(super) fn len(&self) -> usize {
        self.nodes.len() - self.free.len()
    }

    pub(super) fn get(&self, slot: Slot) -> Option<&T> {
        self.nodes.get(slot)?.value.as_ref()
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        self.nodes.get_mut(slot)?.value.as_mut()
    }

    pub(super) fn least_recent(&self) -> Option<Slot> {
        self.least_recent
    }

    /// Adds a value, as the one used last.
    pub(super) fn insert(&mut self, value: T) -> Slot {
        let node = Node {
            value: Some(value),
            less_recent: None,
            more_recent: None,
        };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.nodes[slot] = node;
                slot
            }
            None => {
                self.nodes.push(node);
                self.nodes.len() - 1
            }
        };
        self.link(slot);
        slot
    }

    /// Takes a value out.
    pub(super) fn remove(&mut self, slot: Slot) -> Option<T> {
        let value = self.nodes.get_mut(slot)?.value.take()?;
        self.unlink(slot);
        self.free.push(slot);
        Some(value)
    }

    /// Makes a value the one used last.
    pub(super) fn touch(&mut self, slot: Slot) {
        if self.most_recent != Some(slot) && self.get(slot).is_some() {
            self.unlink(slot);
            self.link(slot);
        }
    }

    fn link(&mut self, slot: Slot) {
        let before = self.most_recent.replace(slot);
        self.nodes[slot].less_recent = before;
        self.nodes[slot].more_recent = None;
        match before {
            Some(before) => self.nodes[before].more_recent = Some(slot),
            None => self.least_recent = Some(slot),
        }
    }

    fn unlink(&mut self, slot: Slot) {
        let Node {
            less_recent,
            more_recent,
            ..
        } = self.nodes[slot];
        match less_recent {
            Some(less_recent) => self.nodes[less_recent].more_recent = more_recent,
            None => self.least_recent = more_recent,
        }
        match more_recent {
            Some(more_recent) => self.nodes[more_recent].less_recent = less_recent,
            None => self.most_recent = less_recent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Recency;

    #[test]
    fn values_go_in_the_order_of_their_last_use() {
        let mut recency = Recency::default();
        let slots: Vec<_> = (0..4).map(|value| recency.insert(value)).collect();
        recency.touch(slots[0]);
        recency.touch(slots[2]);
        assert_eq!(recency.remove(slots[3]), Some(3));
        assert_eq!(recency.remove(slots[3]), None, "it is gone already");
        let reused = recency.insert(4);
        assert_eq!(reused, slots[3], "nodes are used again");
        recency.touch(slots[3]);
        let mut order = Vec::new();
        while let Some(slot) = recency.least_recent() {
            order.extend(recency.remove(slot));
        }
        assert_eq!(order, [1, 0, 2, 4]);
        assert_eq!(recency.len(), 0);
        recency.touch(slots[0]);
        assert_eq!(recency.least_recent(), None);
    }
}
