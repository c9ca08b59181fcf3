use super::*;
use crate::{content::tests::write, interview::sample_pack};

const OWN_PACK: &str =
    "format_version = 1\nname = 'mine'\ntitle = 'Mine'\nabout = 'Mine.'\n[families]\nbasics = 'Basics'\n";

/// A question like one of the sample pack under another id and with words of its own.
fn question(id: &str) -> String {
    let sample = &sample_pack::files()["packs/sample/questions/warm-up.toml"];
    let words = |stem: &str| format!("{stem} {id} {id}x {id}y {id}z.");
    let sample = sample.replace("How do you begin an interview?", &words("Tell"));
    sample.replace("And the first minute?", &words("Ask")).replace("warm-up", id)
}

fn own(files: &[(&str, String)]) -> Files {
    files.iter().map(|(path, text)| (format!("packs/{path}"), text.clone())).collect()
}

/// What is left out of these own files over the sample pack, and the questions there are besides the shipped four.
fn check(files: &[(&str, String)], left_out: &[&str], added: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &own(files));
    let shipped = sample_pack::files();
    let loaded = load_over(&shipped, dir.path()).unwrap();
    assert_eq!(loaded.left_out, left_out, "{:?}", loaded.problems);
    assert_eq!(loaded.problems.is_empty(), left_out.is_empty(), "{:?}", loaded.problems);
    let before = Content::parse(&shipped).unwrap();
    let ids = loaded.content.questions().map(|(_, question)| question.id.as_str());
    let ids: Vec<&str> = ids.filter(|id| before.question(id).is_none()).collect();
    assert_eq!(ids, added);
}

#[test]
fn own_packs_in_order_are_added_and_laid_over() {
    check(&[], &[], &[]);
    check(&[("mine/pack.toml", OWN_PACK.into()), ("mine/questions/aaa.toml", question("aaa"))], &[], &["aaa"]);
    check(&[("sample/questions/bbb.toml", question("bbb"))], &[], &["bbb"]);
}

#[test]
fn a_broken_pack_is_left_out_whole_and_the_others_serve() {
    let fine = [("mine/pack.toml", OWN_PACK.to_owned()), ("mine/questions/aaa.toml", question("aaa"))];
    let broken = [("broken/pack.toml", OWN_PACK.to_owned()), ("broken/questions/ccc.toml", question("ccc"))];
    check(&[fine.clone(), broken].concat(), &["packs/broken"], &["aaa"]);
    let without_manifest = [("other/questions/ccc.toml", question("ccc"))];
    check(&[&fine[..], &without_manifest].concat(), &["packs/other"], &["aaa"]);
}

#[test]
fn a_broken_file_over_a_shipped_pack_is_left_out_alone() {
    let files = [
        ("sample/questions/bbb.toml", question("bbb")),
        ("sample/questions/ddd.toml", "id = ".to_owned()),
        ("sample/questions/linear.toml", "nonsense".to_owned()),
    ];
    check(&files, &["packs/sample/questions/ddd.toml", "packs/sample/questions/linear.toml"], &["bbb"]);
}

#[test]
fn a_fault_that_shows_in_a_shipped_file_leaves_out_what_does_the_harm() {
    // The shipped questions name mistakes that this list has no more.
    let poorer = "[[mistakes]]\nid = 'other'\ntitle = 'Other'\nadvice = 'Do.'\nheard = { when = 'said', any = ['some words'] }\n";
    let files = [("sample/mistakes.toml", poorer.to_owned()), ("sample/questions/bbb.toml", question("bbb"))];
    check(&files, &["packs/sample/mistakes.toml"], &["bbb"]);
    // The id is taken by a pack with a later name, whose file is named in the problem.
    let manifest = OWN_PACK.replace("mine", "early");
    let files = [("early/pack.toml", manifest), ("early/questions/warm-up.toml", question("warm-up"))];
    check(&files, &["packs/early"], &[]);
}

#[test]
fn broken_shipped_content_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let mut shipped = sample_pack::files();
    shipped.insert("packs/sample/phrases.toml".into(), String::new());
    assert!(load_over(&shipped, dir.path()).is_err());
}

#[test]
fn the_complaint_names_what_is_left_out_the_first_reason_and_the_command() {
    let dir = tempfile::tempdir().unwrap();
    let place = "packs/sample/questions/linear.toml";
    write(dir.path(), &Files::from([(place.to_owned(), "nonsense".to_owned())]));
    let loaded = load_over(&sample_pack::files(), dir.path()).unwrap();
    let complaint = loaded.complaint().unwrap();
    let whole = dir.path().join(place).display().to_string();
    for part in ["(one problem): sample/questions/linear.toml. ", &format!("The first: {whole}:1: "), "`viva check`"] {
        assert!(complaint.contains(part), "{part:?} is not in: {complaint}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_is_no_text_is_named_and_the_rest_serves() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &own(&[("sample/questions/bbb.toml", question("bbb"))]));
    std::fs::write(dir.path().join("packs/sample/questions/eee.toml"), [0xff, 0xfe]).unwrap();
    let loaded = load_over(&sample_pack::files(), dir.path()).unwrap();
    assert_eq!(loaded.left_out, ["packs/sample/questions/eee.toml"]);
    assert!(loaded.problems[0].what.contains("cannot be read"));
    assert!(loaded.content.question("bbb").is_some());
}

#[test]
fn the_stamp_changes_with_a_file() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(stamp(dir.path()), "");
    write(dir.path(), &own(&[("mine/pack.toml", "a".into())]));
    let first = stamp(dir.path());
    assert_eq!(stamp(dir.path()), first);
    write(dir.path(), &own(&[("mine/pack.toml", "ab".into())]));
    assert_ne!(stamp(dir.path()), first);
}
