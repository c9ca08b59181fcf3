//! What each address does. Shapes are in [`crate::api`]; refusals are [`super::Failure`]s.

pub(super) mod access;
pub(super) mod answers;
pub(super) mod calibration;
pub(super) mod endpoint;
pub(super) mod findings;
pub(super) mod history;
pub(super) mod questions;
pub(super) mod sessions;

pub use access::*;
pub use answers::*;
pub use calibration::*;
pub use endpoint::*;
pub use findings::*;
pub use history::*;
pub use questions::*;
pub use sessions::*;
