//! The interview as it happens: say the step, hear the turn, keep the answer, choose the next step, repeat.
//!
//! One task owns the live session ([`owner`]). Others send it requests through a [`Handle`], watch its [`View`] and
//! subscribe to its [`Event`]s; nobody shares a lock on it. Assessments run on after the session and are attached by
//! answer id ([`assessor`]).

mod asides;
pub mod assessor;
pub mod calibrator;
mod choosing;
#[cfg(test)]
mod conversation_tests;
pub mod demonstration;
pub mod drill;
#[cfg(test)]
mod drill_tests;
mod egress;
pub mod endpoints;
pub mod event;
pub mod event_log;
mod exchange;
#[cfg(test)]
mod fault_tests;
mod hear;
mod interjector;
mod learnt;
pub mod listening;
mod open_turn;
pub mod owner;
mod patience;
pub mod plan;
pub mod recovery;
pub mod replay;
mod saving;
mod script;
mod second_hearing;
pub mod speaker;
mod temporary_folder;
mod turn;
#[cfg(test)]
mod waiting_tests;
pub mod workers;

pub use event::{Event, Floor, Phase, View};
pub use owner::{CommandError, Handle, StartError};
pub use plan::{Asked, Command, DrillPlan, Ear, Plan};
pub use workers::Workers;
