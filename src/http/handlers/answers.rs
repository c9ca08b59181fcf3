//! One answer to one question: typed or recorded; judging a text that is not kept.

use std::{path::Path, sync::Arc, time::Duration};

use axum::{
    Json,
    body::BodyDataStream,
    extract::{DefaultBodyLimit, FromRequest, Query, Request, State},
    http::{StatusCode, header, request::Parts},
};
use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;

use super::sessions::{asked, bad_json, clipped, fine_text, kind, level};
use crate::{
    api::{self, MAX_BODY, MAX_UPLOAD},
    audio::wav::{Pace, WavSource},
    http::{App, Failure, convert},
    session::{Asked, Ear, Plan},
};

/// How long what is sent of a refused recording is still read.
const LONGEST_REFUSED: Duration = Duration::from_secs(10);

/// Takes one answer, typed (JSON) or recorded (`audio/wav`), and returns it as kept, with the practice signal. Its
/// assessment may still be pending: ask for the answer with `wait_s`, or watch the events.
#[utoipa::path(post, path = "/api/answers", request_body = api::NewAnswer,
    responses((status = 201, body = api::Answer), (status = 400, body = api::ApiError), (status = 409, body = api::ApiError)))]
pub async fn new_answer(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<(StatusCode, Json<api::Answer>), Failure> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let answer = if kind.starts_with("audio/wav") || kind.starts_with("audio/x-wav") {
        recorded(&app, request).await?
    } else {
        typed(&app, request).await?
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn typed(app: &Arc<App>, mut request: Request) -> Result<api::Answer, Failure> {
    DefaultBodyLimit::max(MAX_BODY).apply(&mut request); // the limit of the route is that of recordings
    let Json(new) = Json::<api::NewAnswer>::from_request(request, &()).await.map_err(bad_json)?;
    let text = fine_text(&new.text)?.to_owned();
    let plan = one_answer(
        app,
        asked(app, &new.question, new.kind.as_deref())?,
        new.level.as_deref(),
        new.judge,
        new.client.as_deref(),
        Ear::Text(text),
    )?;
    hold(app, plan).await
}

async fn recorded(app: &Arc<App>, request: Request) -> Result<api::Answer, Failure> {
    let (head, body) = request.into_parts();
    let length = head.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > MAX_UPLOAD) {
        return Err(too_large()); // before a byte of it is read
    }
    let mut body = body.into_data_stream();
    let received = receive(app, &head, &mut body).await;
    if received.is_err() {
        let_the_sender_finish(body).await;
    }
    let (new, question, upload) = received?;
    let pace = if new.real_time == Some(true) { Pace::RealTime } else { Pace::AsFastAsPossible };
    let name = new.name.as_deref().map_or_else(|| "the recording".to_owned(), clipped);
    WavSource::open(&upload.path, pace)
        .map_err(|error| Failure::bad_request(in_words_of_the_sender(&error.to_string(), &upload.path, &name)))?;
    let ear = Ear::Wav { path: upload.path.clone(), pace };
    let plan = one_answer(app, question, new.level.as_deref(), new.judge, new.client.as_deref(), ear)?;
    hold(app, plan).await
}

/// What is said of the recording, the question it answers, and the recording itself.
async fn receive(
    app: &App,
    head: &Parts,
    body: &mut BodyDataStream,
) -> Result<(api::NewRecording, Asked, Upload), Failure> {
    let Query(new) =
        Query::<api::NewRecording>::try_from_uri(&head.uri).map_err(|error| Failure::bad_request(error.body_text()))?;
    let question = asked(app, &new.question, new.kind.as_deref())?;
    Ok((new, question, Upload::receive(app, body).await?))
}

/// Reads on, and keeps nothing, so that who still sends hears why it was refused and not that the connection is gone. At
/// most as much again as a recording may have, and for [`LONGEST_REFUSED`].
async fn let_the_sender_finish(mut body: BodyDataStream) {
    let mut passed_over = 0;
    let reading = async {
        while let Some(Ok(part)) = body.next().await {
            passed_over += part.len();
            if passed_over > MAX_UPLOAD {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(LONGEST_REFUSED, reading).await; // late or not, the refusal follows
}

/// A message about an upload with the name that its sender knows, also in the command that converts it.
fn in_words_of_the_sender(message: &str, path: &Path, name: &str) -> String {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let (stem, sent_stem) = (file.trim_end_matches(".wav"), name.rsplit_once('.').map_or(name, |(stem, _)| stem));
    message.replace(&*path.to_string_lossy(), name).replace(&*file, name).replace(stem, sent_stem)
}

fn one_answer(
    app: &App,
    question: Asked,
    wanted: Option<&str>,
    judge: Option<bool>,
    client: Option<&str>,
    ear: Ear,
) -> Result<Plan, Failure> {
    Ok(Plan {
        question,
        level: level(wanted)?.unwrap_or(app.workers.config.practice.level),
        probes: 0,
        speak: false,
        judge: judge.unwrap_or(true),
        ear,
        drill: None,
        client: clipped(client.unwrap_or("a program")),
    })
}

/// Runs a sitting of one answer to its end.
async fn hold(app: &Arc<App>, plan: Plan) -> Result<api::Answer, Failure> {
    let started = app.session.start(plan).await?;
    let ended = started.finished.await;
    let failed = |why: String| Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "session", why);
    let answers = ended.map_err(|_| failed("the session broke off; what was heard is kept".into()))?.map_err(failed)?;
    let record = answers.first().ok_or_else(|| {
        Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "no_speech", "no speech was found in the recording")
    })?;
    let pending = record.assessment.is_none();
    Ok(app.with_trust(convert::answer(record, app.workers.content(), false, pending)).await)
}

fn too_large() -> Failure {
    let message = format!("the recording is larger than {} megabytes", MAX_UPLOAD / 1024 / 1024);
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
}

/// An uploaded recording in a file of its own, removed when it was heard.
struct Upload {
    path: std::path::PathBuf,
}

impl Upload {
    async fn receive(app: &App, body: &mut BodyDataStream) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            let message = format!("the recording cannot be stored for hearing: {error}. Free some disk space");
            Failure::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", message)
        };
        tokio::fs::create_dir_all(&app.uploads).await.map_err(failed)?;
        let name = crate::http::links::random_hex().map_err(|error| Failure::bad_request(error.to_string()))?;
        let upload = Self { path: app.uploads.join(format!("{name}.wav")) };
        let mut file = tokio::fs::File::create(&upload.path).await.map_err(failed)?;
        let mut received = 0;
        while let Some(part) = body.next().await {
            let part = part.map_err(|error| Failure::bad_request(format!("the upload broke off: {error}")))?;
            received += part.len();
            if received > MAX_UPLOAD {
                return Err(too_large());
            }
            file.write_all(&part).await.map_err(failed)?;
        }
        file.flush().await.map_err(failed)?;
        Ok(upload)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(%error, "an upload could not be removed");
        }
    }
}

/// Judges a transcript that is not kept.
#[utoipa::path(post, path = "/api/judge", request_body = api::JudgeRequest,
    responses((status = 200, body = api::Answer), (status = 400, body = api::ApiError)))]
pub async fn judge_text(
    State(app): State<Arc<App>>,
    body: Result<Json<api::JudgeRequest>, axum::extract::rejection::JsonRejection>,
) -> Result<Json<api::Answer>, Failure> {
    let Json(wanted) = body.map_err(bad_json)?;
    let text = fine_text(&wanted.transcript)?;
    let kind = kind(Some(&wanted.kind))?.unwrap_or(crate::interview::question::Kind::Design);
    let content = app.workers.content();
    let known = content.question(&wanted.question).or_else(|| content.question_by_words(&wanted.question));
    let question = match known {
        Some((_, known)) => Asked { kind, ..Asked::known(known) },
        None => Asked { id: None, text: wanted.question.chars().take(2_000).collect(), kind },
    };
    let level = level(wanted.asked_level.as_deref())?.unwrap_or(app.workers.config.practice.level);
    let record = app.workers.assessor.judge_text(&app.workers, &question, level, text).await;
    Ok(Json(app.with_trust(convert::answer(&record, content, true, false)).await))
}
