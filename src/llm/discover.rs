//! `llm.endpoint = "auto"`: finds LLM servers on this machine, and nowhere else.
//!
//! Looks at the usual ports of four servers on 127.0.0.1, tells them apart by what they reply (not by the port), and lists the
//! models that can hold a conversation. Choosing among what is found is the caller's, who asks once.

use std::time::Duration;

use futures_util::{StreamExt, future::join_all};
use reqwest::Client;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::address::client;

/// Longest wait for any one reply.
pub const LIMIT: Duration = Duration::from_millis(500);
/// Default ports of Ollama, llama.cpp's server, LM Studio and vLLM.
pub const PORTS: [u16; 4] = [11434, 8080, 1234, 8000];
/// vLLM takes calls as they come; it says no number.
const VLLM_SLOTS: usize = 8;
/// Lists of models longer than this are not read.
const MOST_BYTES: usize = 1024 * 1024;

/// Which program answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Server {
    Ollama,
    LlamaCpp,
    LmStudio,
    Vllm,
}

impl Server {
    /// As a person knows it.
    pub fn title(self) -> &'static str {
        match self {
            Server::Ollama => "Ollama",
            Server::LlamaCpp => "llama.cpp",
            Server::LmStudio => "LM Studio",
            Server::Vllm => "vLLM",
        }
    }
}

/// A server that was found, with the models that can judge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub server: Server,
    /// For `llm.endpoint`.
    pub base_url: String,
    /// For `llm.model`; may be empty, when only other kinds of models are there.
    pub models: Vec<String>,
    /// How many calls it works on at a time, where it says so.
    #[serde(default)]
    pub slots: Option<usize>,
}

/// Looks at `ports` of 127.0.0.1, all at once. Found servers come in the order of the ports.
pub async fn discover(ports: &[u16], limit: Duration) -> Vec<Candidate> {
    let Ok(client) = client(limit, true) else { return Vec::new() };
    let found = join_all(ports.iter().map(|port| look_at(&client, *port, limit))).await;
    found.into_iter().flatten().collect()
}

async fn look_at(client: &Client, port: u16, limit: Duration) -> Option<Candidate> {
    let root = format!("http://127.0.0.1:{port}");
    let get = |path: &'static str| get(client, format!("{root}{path}"), limit);
    // All four list their models here, and hardly anything else does: a stranger gets one request and no more.
    let list = get("/v1/models").await?;
    let entries = list.get("data")?.as_array()?;
    let owner = |name: &str| entries.iter().any(|entry| entry.get("owned_by").is_some_and(|owner| owner == name));
    let mut slots = None;
    let (server, models) = if owner("vllm") {
        slots = Some(VLLM_SLOTS);
        (Server::Vllm, plain_models(entries))
    } else if owner("llamacpp") {
        slots = get("/props").await.as_ref().and_then(total_slots);
        (Server::LlamaCpp, plain_models(entries))
    } else {
        let (lm_studio, version, props) = tokio::join!(get("/api/v0/models"), get("/api/version"), get("/props"));
        if let Some(typed) = lm_studio.as_ref().and_then(|list| list.get("data")?.as_array()) {
            (Server::LmStudio, lm_studio_models(typed))
        } else if version.is_some_and(|version| version.get("version").is_some_and(Value::is_string)) {
            (Server::Ollama, get("/api/tags").await.map_or_else(|| plain_models(entries), |tags| ollama_models(&tags)))
        } else if props.as_ref().is_some_and(|props| props.get("default_generation_settings").is_some()) {
            slots = props.as_ref().and_then(total_slots);
            (Server::LlamaCpp, plain_models(entries))
        } else {
            return None;
        }
    };
    Some(Candidate { server, base_url: format!("{root}/v1"), models, slots })
}

/// What llama.cpp's server says of itself.
fn total_slots(props: &Value) -> Option<usize> {
    props.get("total_slots")?.as_u64().and_then(|slots| usize::try_from(slots).ok())
}

async fn get(client: &Client, url: String, limit: Duration) -> Option<Value> {
    let read = async {
        let response = client.get(url).send().await.ok()?;
        if !response.status().is_success() {
            return None;
        }
        let mut body = Vec::new();
        let mut bytes = response.bytes_stream();
        while let Some(more) = bytes.next().await {
            body.extend_from_slice(&more.ok()?);
            if body.len() > MOST_BYTES {
                return None;
            }
        }
        serde_json::from_slice(&body).ok()
    };
    tokio::time::timeout(limit, read).await.ok().flatten()
}

fn plain_models(entries: &[Value]) -> Vec<String> {
    let names = entries.iter().filter_map(|entry| entry.get("id")?.as_str());
    names.filter(|name| can_judge(name)).map(str::to_owned).collect()
}

/// LM Studio says what each model is: `llm`, `vlm` or `embeddings`.
fn lm_studio_models(entries: &[Value]) -> Vec<String> {
    let speaks =
        |entry: &&Value| entry.get("type").and_then(Value::as_str).is_none_or(|kind| matches!(kind, "llm" | "vlm"));
    plain_models(&entries.iter().filter(speaks).cloned().collect::<Vec<_>>())
}

/// Ollama names the family of each model; those of embedding models are relatives of BERT.
fn ollama_models(tags: &Value) -> Vec<String> {
    let entries = tags.get("models").and_then(Value::as_array);
    let speaks = |entry: &&Value| {
        let family = entry.pointer("/details/family").and_then(Value::as_str).unwrap_or_default();
        let capabilities = entry.get("capabilities").and_then(Value::as_array);
        !family.contains("bert") && capabilities.is_none_or(|list| list.iter().any(|c| c == "completion"))
    };
    let names = entries.into_iter().flatten().filter(speaks).filter_map(|entry| entry.get("name")?.as_str());
    names.filter(|name| can_judge(name)).map(str::to_owned).collect()
}

/// False for models that, by their name, embed, rank, hear, speak or draw.
pub fn can_judge(model: &str) -> bool {
    const OTHER_TRADES: [&str; 16] = [
        "embed",
        "rerank",
        "bge-",
        "bge_",
        "e5-",
        "gte-",
        "minilm",
        "colbert",
        "whisper",
        "parakeet",
        "kokoro",
        "tts",
        "bert",
        "clip-vit",
        "stable-diffusion",
        "guard",
    ];
    let name = model.to_lowercase();
    !OTHER_TRADES.iter().any(|trade| name.contains(trade))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_of_other_trades_are_never_taken() {
        for name in ["qwen3:8b", "llama3.1:8b", "gemma-3-12b-it-Q4_K_M.gguf", "mistralai/Mistral-7B", "gpt-oss:20b"] {
            assert!(can_judge(name), "{name}");
        }
        for name in [
            "nomic-embed-text:latest",
            "mxbai-embed-large",
            "bge-m3",
            "BAAI/bge-reranker-v2-m3",
            "jina-reranker-v2",
            "all-minilm:l6-v2",
            "openai/whisper-large-v3",
            "Snowflake/snowflake-arctic-embed-l",
            "intfloat/multilingual-e5-large",
            "llama-guard3",
        ] {
            assert!(!can_judge(name), "{name}");
        }
    }
}
