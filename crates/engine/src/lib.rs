//! Plays a plan as provider or as consumer and emits events.
