//! The one task that owns the live session.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use tokio::sync::{broadcast, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    event::{Event, Outlet, View},
    exchange,
    plan::{Command, Plan},
    workers::Workers,
};
use crate::store::{AnswerRecord, SessionId, Store};

/// How long a session may take to keep what was said when the daemon stops.
const STOP_DEADLINE: Duration = Duration::from_secs(5);

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
    let (requests, inbox) = mpsc::channel(64);
    let outlet = workers.outlet.clone();
    let task = tokio::spawn(own(workers, inbox, cancel));
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
    run: Pin<Box<dyn Future<Output = Result<Vec<AnswerRecord>, String>> + Send>>,
    done: Option<oneshot::Sender<Result<Vec<AnswerRecord>, String>>>,
}

async fn own(workers: Workers, mut inbox: mpsc::Receiver<Request>, cancel: CancellationToken) {
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
                    let _ = reply.send(pass_on(live.as_ref(), command));
                }
            },
            result = run(&mut live) => finish(&workers, &mut live, result).await,
        }
    }
    if let Some(current) = live.as_mut() {
        let _ = current.commands.send(Command::Stop).await;
        match tokio::time::timeout(STOP_DEADLINE, &mut current.run).await {
            Ok(result) => finish(&workers, &mut live, result).await,
            Err(_) => warn!("the session did not end in time; its recording is kept and will be recovered"),
        }
    }
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
        run: Box::pin(exchange::interview(workers, id, plan, told)),
        done: Some(done),
    });
    Ok(Started { session: id, finished })
}

fn pass_on(live: Option<&Live>, command: Command) -> Result<(), CommandError> {
    let live = live.ok_or(CommandError::NoSession)?;
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
