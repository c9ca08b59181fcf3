//! Live events of the session over a WebSocket, one JSON object a message; the first is the present view.

use std::sync::Arc;

use axum::{
    extract::{
        State, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    response::Response,
};
use tokio::sync::broadcast::{self, error::RecvError};

use super::{App, convert};
use crate::session::event::Event;

/// Largest message a watcher may send; watchers have nothing to say.
const MAX_FRAME: usize = 1024;

pub async fn watch(State(app): State<Arc<App>>, upgrade: WebSocketUpgrade) -> Response {
    // Before the answer to the request, so that whoever is connected misses nothing; before the view, so that nothing falls
    // between the two.
    let events = app.session.subscribe();
    upgrade
        .protocols(["viva"])
        .max_message_size(MAX_FRAME)
        .max_frame_size(MAX_FRAME)
        .on_upgrade(move |socket| send_events(app, events, socket))
}

async fn send_events(app: Arc<App>, mut events: broadcast::Receiver<Arc<Event>>, mut socket: WebSocket) {
    if send(&mut socket, &convert::view(&app.session.view())).await.is_err() {
        return;
    }
    loop {
        tokio::select! {
            () = app.stop.cancelled() => break,
            event = events.recv() => {
                let message = match event {
                    Ok(event) => with_trust(&app, convert::event(&event, app.workers.content())).await,
                    // Too slow a watcher sees the present again instead of what it missed.
                    Err(RecvError::Lagged(_)) => convert::view(&app.session.view()),
                    Err(RecvError::Closed) => break,
                };
                if send(&mut socket, &message).await.is_err() {
                    break;
                }
            }
            incoming = socket.recv() => match incoming {
                Some(Ok(Message::Close(_))) | None | Some(Err(_)) => break,
                Some(Ok(_)) => {}
            },
        }
    }
}

/// An answer is never sent without the grade of trust of whoever judged it.
async fn with_trust(app: &App, event: crate::api::Event) -> crate::api::Event {
    match event {
        crate::api::Event::Assessed { answer } => {
            crate::api::Event::Assessed { answer: Box::new(app.with_trust(*answer).await) }
        }
        other => other,
    }
}

async fn send(socket: &mut WebSocket, event: &crate::api::Event) -> Result<(), ()> {
    let text = serde_json::to_string(event).map_err(|_| ())?;
    socket.send(Message::Text(text.into())).await.map_err(|_| ())
}
