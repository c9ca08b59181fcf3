//! A streamed body cut into its pieces: server-sent events, or one JSON value on each line.

use std::collections::VecDeque;

use eventsource_stream::{EventStreamError, Eventsource};
use futures_util::{Stream, StreamExt, stream};

/// One piece of a streamed reply.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Data(String),
    /// What the server itself announces as an error.
    Error(String),
}

/// Why a body could not be read to its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ReadFault {
    Broken,
    TooLong,
    NotText,
}

/// Server-sent events. One that was not finished is not told.
pub(super) fn events<B: AsRef<[u8]>>(
    bytes: impl Stream<Item = Result<B, ReadFault>>,
) -> impl Stream<Item = Result<Frame, ReadFault>> {
    bytes.eventsource().map(|event| match event {
        Ok(event) if event.event == "error" => Ok(Frame::Error(event.data)),
        Ok(event) => Ok(Frame::Data(event.data)),
        Err(EventStreamError::Transport(fault)) => Err(fault),
        // Ends in the middle of a letter.
        Err(EventStreamError::Utf8(error)) if error.utf8_error().error_len().is_none() => Err(ReadFault::Broken),
        Err(_) => Err(ReadFault::NotText),
    })
}

/// Lines that are not empty. The last one may lack its end.
pub(super) fn lines<B: AsRef<[u8]>>(
    bytes: impl Stream<Item = Result<B, ReadFault>>,
) -> impl Stream<Item = Result<Frame, ReadFault>> {
    /// What is left of the last chunk, and the lines that are whole.
    struct Cutting<S> {
        bytes: S,
        rest: Vec<u8>,
        whole: VecDeque<Result<Frame, ReadFault>>,
    }
    let cutting = Cutting { bytes: Box::pin(bytes), rest: Vec::new(), whole: VecDeque::new() };
    stream::unfold(cutting, |mut cutting| async move {
        loop {
            if let Some(line) = cutting.whole.pop_front() {
                return Some((line, cutting));
            }
            match cutting.bytes.next().await {
                Some(Ok(chunk)) => {
                    let mut parts = chunk.as_ref().split(|byte| *byte == b'\n').peekable();
                    while let Some(part) = parts.next() {
                        cutting.rest.extend_from_slice(part);
                        if parts.peek().is_some() {
                            let line = std::mem::take(&mut cutting.rest);
                            if !line.trim_ascii().is_empty() {
                                let line = String::from_utf8(line).map(Frame::Data).map_err(|_| ReadFault::NotText);
                                cutting.whole.push_back(line);
                            }
                        }
                    }
                }
                Some(Err(fault)) => return Some((Err(fault), cutting)),
                None if cutting.rest.is_empty() => return None,
                None => {
                    let rest = std::mem::take(&mut cutting.rest);
                    return Some((Ok(Frame::Data(String::from_utf8_lossy(&rest).into_owned())), cutting));
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `text` in pieces of `size` bytes.
    fn pieces(text: &str, size: usize) -> impl Stream<Item = Result<Vec<u8>, ReadFault>> {
        stream::iter(text.as_bytes().chunks(size).map(|chunk| Ok(chunk.to_vec())).collect::<Vec<_>>())
    }

    fn data(texts: &[&str]) -> Vec<Result<Frame, ReadFault>> {
        texts.iter().map(|text| Ok(Frame::Data((*text).to_owned()))).collect()
    }

    #[tokio::test]
    async fn lines_are_the_same_however_they_arrive() {
        let text = "{\"a\":\"né\"}\n\n{\"b\":2}\r\n{\"c\"";
        for size in 1..=text.len() {
            let found: Vec<_> = lines(pieces(text, size)).collect().await;
            assert_eq!(found, data(&["{\"a\":\"né\"}", "{\"b\":2}\r", "{\"c\""]), "{size}");
        }
    }

    #[tokio::test]
    async fn an_event_that_is_called_an_error_is_told_apart() {
        let text = "event: message\ndata: one\n\n: still here\n\nevent: error\ndata: two\n\ndata: unfinished";
        for size in 1..=text.len() {
            let found: Vec<_> = events(pieces(text, size)).collect().await;
            assert_eq!(found, [Ok(Frame::Data("one".into())), Ok(Frame::Error("two".into()))], "{size}");
        }
    }

    #[tokio::test]
    async fn a_body_of_empty_lines_is_nothing() {
        let found = lines(pieces(&" \r\n".repeat(1 << 20), 1 << 20)).collect::<Vec<_>>().await;
        assert_eq!(found, []);
    }

    #[tokio::test]
    async fn what_is_no_text_is_a_fault() {
        let bytes = || stream::iter([Ok::<_, ReadFault>(b"data: \xff\xfe\n\n".to_vec())]);
        assert_eq!(events(bytes()).collect::<Vec<_>>().await, [Err(ReadFault::NotText)]);
        assert_eq!(lines(bytes()).take(1).collect::<Vec<_>>().await, [Err(ReadFault::NotText)]);
    }
}
