//! Writing to the terminal: colour where it is one, plain where the output is piped.

use std::io::{BufRead, IsTerminal, Write};

use anstyle::{AnsiColor, Style};

pub const DIM: Style = Style::new().dimmed();
pub const BOLD: Style = Style::new().bold();
pub const GOOD: Style = AnsiColor::Green.on_default();
pub const FAIR: Style = AnsiColor::Yellow.on_default();
pub const BAD: Style = AnsiColor::Red.on_default();
pub const ACCENT: Style = AnsiColor::Cyan.on_default();

/// Text in a style; the style goes when the output is no terminal.
pub fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// One line to stdout.
pub fn line(text: &str) {
    let mut out = anstream::stdout().lock();
    if writeln!(out, "{text}").is_err() {
        std::process::exit(0); // the reader has gone, as with `| head`
    }
}

/// A sentence to stderr that is not part of the result.
pub fn aside(text: &str) {
    let _ = writeln!(anstream::stderr(), "{DIM}{}{DIM:#}", told(text, 0));
}

/// The failure of the command.
pub fn error(text: &str) {
    let _ = writeln!(anstream::stderr(), "{BAD}viva:{BAD:#} {}", told(text, "viva: ".len()).trim_start());
}

/// What goes to stderr, each line within the width and after its own indent or `least`, where that is a terminal: a
/// command to copy is not broken in the middle of a word. Piped it stays as it is, for whoever searches it.
fn told(text: &str, least: usize) -> String {
    if !std::io::stderr().is_terminal() {
        return text.to_owned();
    }
    let line = |line: &str| {
        let text = line.trim_start();
        let indent = " ".repeat((line.len() - text.len()).max(least));
        wrapped(text, &indent, &indent)
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// A line that is overwritten by the next, on stderr; nothing where that is no terminal.
pub fn passing(text: &str) {
    if std::io::stderr().is_terminal() {
        let width = width();
        let text: String = text.chars().filter(|c| !c.is_control()).take(width.saturating_sub(1)).collect();
        let mut out = anstream::stderr();
        let _ = write!(out, "\r\x1b[2K{DIM}{text}{DIM:#}");
        let _ = out.flush();
    }
}

/// Wipes the passing line.
pub fn clear_passing() {
    if std::io::stderr().is_terminal() {
        let mut out = anstream::stderr();
        let _ = write!(out, "\r\x1b[2K");
        let _ = out.flush();
    }
}

/// Takes back the line that Enter has just ended, with the passing text in it.
pub fn clear_entered() {
    if can_ask() {
        let mut out = anstream::stderr();
        let _ = write!(out, "\x1b[1A\r\x1b[2K");
        let _ = out.flush();
    }
}

/// Columns to write in: the terminal's, at most 100.
pub fn width() -> usize {
    terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0)).clamp(40, 100)
}

/// A paragraph within the width, each line after `first` or `rest`. Words of a model or a person steer no terminal: their
/// control characters are left out.
pub fn wrapped(text: &str, first: &str, rest: &str) -> String {
    let text: String = text.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    let options = textwrap::Options::new(width()).initial_indent(first).subsequent_indent(rest);
    textwrap::fill(&text, options)
}

/// The beginning of a text that fits into one line of the terminal after `taken` columns; "…" stands for the rest.
pub fn clipped(text: &str, taken: usize) -> String {
    let columns = terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0));
    let room = columns.saturating_sub(taken).max(10);
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    if text.chars().count() <= room {
        return text;
    }
    let cut: String = text.chars().take(room - 1).collect();
    format!("{}…", cut.trim_end_matches([' ', ',', '.']))
}

/// Whether a person can be asked.
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks on the terminal; `None` where nobody can be asked or the input ends.
pub fn ask(prompt: &str) -> Option<String> {
    if !can_ask() {
        return None;
    }
    let mut out = anstream::stderr();
    let _ = write!(out, "{prompt} ");
    let _ = out.flush();
    let mut reply = String::new();
    let read = std::io::stdin().lock().read_line(&mut reply).ok()?;
    (read > 0).then(|| reply.trim().to_owned())
}

#[cfg(test)]
#[test]
fn words_that_are_shown_do_not_steer_the_terminal() {
    assert_eq!(wrapped("fine\x1b[2J\u{9b}31m and\r\nwell", "  ", "  "), "  fine[2J31m and\n  well");
}
