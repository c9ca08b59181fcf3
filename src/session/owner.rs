//! The one task that owns the live session.

use std::{future::Future, panic::AssertUnwindSafe, pin::Pin, sync::Arc, time::Duration};

use futures_util::FutureExt;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    event::{Event, Outlet, Phase, View},
    exchange,
    plan::{Command, Ear, Plan},
    workers::Workers,
};
use crate::store::{AnswerRecord, SessionId, Store};

/// How long a session may take to keep what was said when the daemon stops.
const STOP_DEADLINE: Duration = Duration::from_secs(5);

/// How long a microphone stays open with nobody watching: a page that is loaded anew is back within it, a terminal that was
/// closed is not.
const ALONE: Duration = Duration::from_secs(60);

/// Sends requests to the owner. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    requests: mpsc::Sender<Request>,
    outlet: Outlet,
}

/// Why no session was started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("a session is live: {client} is at \"{question}\". Finish it there, or end it with `viva stop --session`")]
    Busy { session: SessionId, client: String, question: String },
    /// Something that the session cannot do without is missing: the sentence says what to do.
    #[error("{0}")]
    Missing(String),
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error("the daemon is stopping")]
    Stopping,
}

#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("no session is live. Start one with `viva practice`")]
    NoSession,
    #[error("the session is busy; try again in a moment")]
    Full,
    #[error("that answer is over, and the text was not taken as one to what comes next. It is still yours to send")]
    Late,
}

/// A session that has begun.
#[derive(Debug)]
pub struct Started {
    pub session: SessionId,
    /// The answers it kept, when it is over.
    pub finished: oneshot::Receiver<Result<Vec<AnswerRecord>, String>>,
}

enum Request {
    Start { plan: Box<Plan>, reply: oneshot::Sender<Result<Started, StartError>> },
    Command { command: Command, reply: oneshot::Sender<Result<(), CommandError>> },
}

impl Handle {
    pub async fn start(&self, plan: Plan) -> Result<Started, StartError> {
        let (reply, answer) = oneshot::channel();
        let request = Request::Start { plan: Box::new(plan), reply };
        self.requests.send(request).await.map_err(|_| StartError::Stopping)?;
        answer.await.map_err(|_| StartError::Stopping)?
    }

    pub async fn command(&self, command: Command) -> Result<(), CommandError> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::Command { command, reply }).await.map_err(|_| CommandError::NoSession)?;
        answer.await.map_err(|_| CommandError::NoSession)?
    }

    pub fn view(&self) -> View {
        self.outlet.view()
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        self.outlet.subscribe()
    }

    pub fn outlet(&self) -> &Outlet {
        &self.outlet
    }
}

/// Starts the owner; it ends when `cancel` fires, after what was said is kept.
pub fn spawn(workers: Workers, cancel: CancellationToken) -> (Handle, tokio::task::JoinHandle<()>) {
    spawn_with(workers, cancel, ALONE)
}

/// The same; `alone`: how long a microphone stays open with nobody watching.
pub(super) fn spawn_with(
    workers: Workers,
    cancel: CancellationToken,
    alone: Duration,
) -> (Handle, tokio::task::JoinHandle<()>) {
    let (requests, inbox) = mpsc::channel(64);
    let outlet = workers.outlet.clone();
    let task = tokio::spawn(own(workers, inbox, cancel, alone));
    (Handle { requests, outlet }, task)
}

/// A session that runs, as the owner holds it.
struct Live {
    id: SessionId,
    client: String,
    question: String,
    /// A demonstration has one of its own.
    store: Store,
    commands: mpsc::Sender<Command>,
    /// A microphone is open: somebody has to be there.
    hears_the_room: bool,
    run: Pin<Box<dyn Future<Output = Result<Vec<AnswerRecord>, String>> + Send>>,
    done: Option<oneshot::Sender<Result<Vec<AnswerRecord>, String>>>,
}

async fn own(workers: Workers, mut inbox: mpsc::Receiver<Request>, cancel: CancellationToken, alone: Duration) {
    let mut live: Option<Live> = None;
    loop {
        tokio::select! {
            () = cancel.cancelled() => break,
            request = inbox.recv() => match request {
                None => break,
                Some(Request::Start { plan, reply }) => {
                    let _ = reply.send(start(&workers, *plan, &mut live).await);
                }
                Some(Request::Command { command, reply }) => {
                    let phase = workers.outlet.view().phase;
                    let _ = reply.send(pass_on(live.as_ref(), phase, command));
                }
            },
            result = run(&mut live) => finish(&workers, &mut live, result).await,
            () = left_alone(&workers.outlet, alone), if live.as_ref().is_some_and(|live| live.hears_the_room) => {
                warn!("nobody watches the session any more: ending it, so that the microphone is not left open");
                let _ = pass_on(live.as_ref(), Phase::Listening, Command::Stop);
            }
        }
    }
    if let Some(current) = live.as_mut() {
        let ended = async { tokio::join!(current.commands.send(Command::Stop), &mut current.run).1 };
        match tokio::time::timeout(STOP_DEADLINE, ended).await {
            Ok(result) => finish(&workers, &mut live, result).await,
            Err(_) => warn!("the session did not end in time; its recording is kept and will be recovered"),
        }
    }
}

/// A panic ends the session and not the owner, or no other could be held until the next start.
async fn unless_broken<T>(session: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let ended = AssertUnwindSafe(session).catch_unwind().await;
    ended.unwrap_or_else(|_| {
        Err("the session broke off by a fault in viva; what was recorded is recovered when the daemon next starts"
            .into())
    })
}

/// Polls the live session; waits for ever where there is none.
async fn run(live: &mut Option<Live>) -> Result<Vec<AnswerRecord>, String> {
    match live {
        Some(live) => (&mut live.run).await,
        None => std::future::pending().await,
    }
}

async fn start(workers: &Workers, plan: Plan, live: &mut Option<Live>) -> Result<Started, StartError> {
    if let Some(live) = live {
        let (client, question) = (live.client.clone(), live.question.clone());
        return Err(StartError::Busy { session: live.id, client, question });
    }
    let workers = workers.for_plan(&plan).await.map_err(|error| StartError::Missing(format!("{error:#}")))?;
    let id = workers.store.begin_session(plan.client.clone()).await?;
    let view = View {
        session: Some(id),
        client: plan.client.clone(),
        question: Some(plan.question.clone()),
        ..View::default()
    };
    let log = (!workers.demonstration).then(|| workers.store.events_folder());
    workers.outlet.begin(view, log.as_deref());
    info!(session = id.0, ear = plan.ear.name(), "session started");
    let (commands, told) = mpsc::channel(16);
    let (done, finished) = oneshot::channel();
    *live = Some(Live {
        id,
        client: plan.client.clone(),
        question: plan.question.text.clone(),
        store: workers.store.clone(),
        commands,
        hears_the_room: plan.ear == Ear::Microphone,
        run: Box::pin(unless_broken(exchange::interview(workers, id, plan, told))),
        done: Some(done),
    });
    Ok(Started { session: id, finished })
}

/// Returns when nobody has watched for so long.
async fn left_alone(outlet: &Outlet, limit: Duration) {
    const LOOKS: u32 = 12;
    let mut alone = 0;
    while alone < LOOKS {
        tokio::time::sleep(limit / LOOKS).await;
        alone = if outlet.is_watched() { 0 } else { alone + 1 };
    }
}

fn pass_on(live: Option<&Live>, phase: Phase, command: Command) -> Result<(), CommandError> {
    let live = live.ok_or(CommandError::NoSession)?;
    if command == Command::EndTurn && matches!(phase, Phase::Transcribing | Phase::Deciding) {
        return Ok(()); // a second Enter for the answer that has ended, not one for the answer to come
    }
    if matches!(command, Command::Answer(_))
        && live.hears_the_room
        && matches!(phase, Phase::Transcribing | Phase::Deciding)
    {
        return Err(CommandError::Late);
    }
    live.commands.try_send(command).map_err(|_| CommandError::Full)
}

async fn finish(workers: &Workers, live: &mut Option<Live>, result: Result<Vec<AnswerRecord>, String>) {
    let Some(mut ended) = live.take() else { return };
    let why = match &result {
        Ok(_) => "finished".to_owned(),
        Err(why) => why.clone(),
    };
    info!(session = ended.id.0, ok = result.is_ok(), "session ended");
    if let Err(error) = ended.store.end_session(ended.id).await {
        warn!(%error, "the end of the session was not written");
    }
    if let Some(done) = ended.done.take() {
        let _ = done.send(result);
    }
    workers.outlet.emit(Event::Finished { why }, None);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(commands: mpsc::Sender<Command>) -> Live {
        Live {
            id: SessionId(1),
            client: String::new(),
            question: String::new(),
            store: Store::open(tempfile::tempdir().unwrap().path()).unwrap(),
            commands,
            hears_the_room: true,
            run: Box::pin(std::future::pending()),
            done: None,
        }
    }

    #[test]
    fn a_second_enter_while_the_answer_is_written_down_does_not_end_the_next() {
        let (commands, mut told) = mpsc::channel(4);
        let live = live(commands);
        for (phase, command) in [
            (Phase::Listening, Command::EndTurn),
            (Phase::Transcribing, Command::EndTurn),
            (Phase::Deciding, Command::EndTurn),
            (Phase::Deciding, Command::Stop),
            (Phase::Asking, Command::EndTurn),
        ] {
            pass_on(Some(&live), phase, command).unwrap();
        }
        let passed: Vec<_> = std::iter::from_fn(|| told.try_recv().ok()).collect();
        assert_eq!(passed, [Command::EndTurn, Command::Stop, Command::EndTurn]);
    }

    #[tokio::test]
    async fn a_session_that_panics_is_over_and_says_so() {
        let broken = unless_broken(async { if true { panic!("a fault for the test") } else { Ok(()) } }).await;
        assert!(broken.unwrap_err().contains("recovered"));
    }

    #[tokio::test]
    async fn a_session_is_left_alone_when_its_last_watcher_has_gone() {
        let (outlet, limit) = (Outlet::new(), Duration::from_millis(12));
        let watcher = outlet.subscribe();
        assert!(tokio::time::timeout(limit * 5, left_alone(&outlet, limit)).await.is_err());
        drop(watcher);
        left_alone(&outlet, limit).await;
    }
}
