//! How many follow, and how much they were told, for `/metrics`.

/// A subscription that is under way.
pub struct Subscription(());

impl Subscription {
    /// From now on there is one more.
    pub fn begin() -> Self {
        metrics::gauge!("jiedui_subscriptions").increment(1.0);
        Self(())
    }

    /// It was told an event.
    pub fn told(&self) {
        metrics::counter!("jiedui_events_total").increment(1);
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        metrics::gauge!("jiedui_subscriptions").decrement(1.0);
    }
}
