use super::*;

fn check(text: &str, expected: &[&str]) {
    assert_eq!(pieces(text, VoiceEngine::Endpoint), expected, "{text:?}");
}

#[test]
fn long_texts_are_rendered_by_the_sentence() {
    check(
        "How would you shard this table? And what if one key is hot?",
        &["How would you shard this table?", "And what if one key is hot?"],
    );
    check("Okay. Let us go on with something else.", &["Okay. Let us go on with something else."]);
    check("Say you have 2.5 million rows and v1.2 of it", &["Say you have 2.5 million rows and v1.2 of it"]);
    check("  ", &[]);
    check("Qu'est-ce que c'est, Zoë? Ça va, j'espère…", &["Qu'est-ce que c'est, Zoë?", "Ça va, j'espère…"]);
    assert_eq!(pieces("One sentence of text. And another.", VoiceEngine::Espeak).len(), 1);
}

fn voice(settings: VoiceSettings, home: &tempfile::TempDir) -> Voice {
    Voice::start(settings, "no such loudspeaker", home.path())
}

#[tokio::test]
async fn without_an_engine_nothing_is_said_and_nothing_is_needed() {
    let home = tempfile::tempdir().expect("a folder");
    let voice = voice(VoiceSettings { engine: VoiceEngine::None, ..VoiceSettings::default() }, &home);
    let spoken = voice.say("Tell me about indexes.").await.expect("shown");
    assert_eq!((spoken.seconds, spoken.heard_fraction, spoken.engine), (0.0, 1.0, VoiceEngine::None));
    voice.stop().await;
    assert!(voice.probe().await.expect("ready").contains("shown"));
}

#[tokio::test]
async fn what_is_rendered_ahead_is_kept_and_not_rendered_again() {
    let home = tempfile::tempdir().expect("a folder");
    let (wav, calls) = (home.path().join("out.wav"), home.path().join("calls"));
    std::fs::write(&wav, Clip { samples: vec![0.1; 800], rate: 16_000 }.to_wav().expect("made")).expect("saved");
    let script = format!("cat >/dev/null; echo call >> '{}'; cat '{}'", calls.display(), wav.display());
    let command = ["sh", "-c", &script].map(str::to_owned).to_vec();
    let settings = VoiceSettings { engine: VoiceEngine::Command, command, ..VoiceSettings::default() };
    let voice = Voice::start(settings, "default", home.path().join("cache"));
    let called = || std::fs::read_to_string(&calls).map_or(0, |calls| calls.lines().count());
    for text in ["Okay.", "Okay.", "Go on."] {
        voice.inner.keep(text).await.expect("kept");
    }
    assert_eq!(called(), 2);
    voice.inner.clip("Okay.").await.expect("from the cache");
    voice.inner.clip("Something new").await.expect("rendered");
    voice.inner.clip("Something new").await.expect("rendered again");
    assert_eq!(called(), 4, "what is only said is not kept");
}

#[tokio::test]
async fn a_missing_loudspeaker_is_an_error_that_says_so() {
    let home = tempfile::tempdir().expect("a folder");
    let error = voice(VoiceSettings::default(), &home).say("Hello.").await.expect_err("cannot be heard");
    assert!(matches!(error, VoiceError::Playback(_)), "{error}");
}

#[test]
fn settings_are_read_and_unknown_keys_refused() {
    let settings: VoiceSettings = toml::from_str("engine = \"endpoint\"\nurl = \"http://h/v1\"").expect("read");
    assert_eq!((settings.engine, settings.speed), (VoiceEngine::Endpoint, 165));
    assert!(toml::from_str::<VoiceSettings>("engin = \"none\"").is_err());
}
