//! The endpoint in use, as it is shown to a person: what it is, how it is asked, what judging there is expected to take.

use super::Assessor;
use crate::{
    interview::{
        assessment::ReadAgain,
        question::{AskedLevel, Kind},
        transcript::Transcript,
    },
    llm::{
        cost,
        judge::JudgeRequest,
        protocol::{self, Mode},
    },
    session::{
        endpoints::{EndpointChoice, EndpointReport, EndpointStanding, Expected},
        workers::Part,
    },
    store::StoreError,
};

/// Words of a spoken answer of two to three minutes, for which an estimate is made.
const USUAL_WORDS: usize = 350;

impl Assessor {
    /// Looks anew which endpoint can be used.
    pub async fn look(&self) -> EndpointReport {
        let report = self.endpoints.look().await;
        let expected = self.expected().await;
        EndpointReport { expected, ..self.with_rung(report).await }
    }

    /// How the endpoint in use would be asked; `None` without one.
    pub async fn mode(&self) -> Option<Mode> {
        let endpoint = self.endpoints.current().await.ok()?;
        Some(self.protocol.mode_for(&endpoint, &self.learnt.copy().await))
    }

    /// Whether what is sent to the endpoint in use costs somebody something.
    pub async fn tokens_cost(&self) -> bool {
        match self.endpoints.current().await {
            Ok(endpoint) => protocol::tokens_cost(&endpoint, self.protocol.prices),
            Err(_) => false,
        }
    }

    /// What judging an answer to a design question of usual length is expected to take.
    async fn expected(&self) -> Option<Box<Expected>> {
        let endpoint = self.endpoints.current().await.ok()?;
        let mode = self.mode().await?;
        let said = Transcript::typed(&"word ".repeat(USUAL_WORDS));
        let request = JudgeRequest {
            question_text: "",
            kind: Kind::Design,
            rubric: self.content.rubric(Kind::Design),
            question: None,
            probe: None,
            asked: AskedLevel::Senior,
            transcript: &said,
            clarifications: &[],
        };
        let readings = if self.protocol.follows(&endpoint, &[ReadAgain::Close]) { 3 } else { 1 };
        Some(Box::new(Expected {
            words: USUAL_WORDS,
            mode,
            spent: cost::estimate(&request, mode, self.protocol.prices),
            readings,
            tokens_cost: protocol::tokens_cost(&endpoint, self.protocol.prices),
        }))
    }

    /// Adds which form of reply is known to work there.
    async fn with_rung(&self, report: EndpointReport) -> EndpointReport {
        let rung = match self.endpoints.current().await {
            Ok(endpoint) => self.learnt.copy().await.known(&endpoint),
            Err(_) => None,
        };
        report.with_rung(rung)
    }

    pub async fn choose(&self, choice: EndpointChoice) -> Result<(), StoreError> {
        self.endpoints.choose(choice).await
    }

    /// The endpoint's line of the readiness report.
    pub async fn part(&self) -> Part {
        let report = self.with_rung(self.endpoints.report().await).await;
        Part { name: "llm endpoint", ready: report.state == EndpointStanding::Ready, detail: report.detail }
    }
}
