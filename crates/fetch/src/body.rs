//! Bodies, and the streams that deliver them.
//!
//! A stream is either there as a whole, which costs nothing, or fed by a [`BodyWriter`] while it is read. Who reads one
//! waits for the next chunk and for nothing else: there is no executor here.
//!
//! <https://fetch.spec.whatwg.org/#bodies>

mod stream;
mod tee;

use bytes::{Bytes, BytesMut};
use crossexam_web::algorithm;

pub use stream::{BodyError, BodyStream, BodyWriter, Transform};

/// A body. <https://fetch.spec.whatwg.org/#concept-body>
///
/// A clone of this value is another handle of the same stream, and what the one reads the other does not get; but for a
/// stream that is there as a whole, which each reads for itself. The standard's "clone" is
/// [`clone_a_body`](Self::clone_a_body).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The stream.
    pub stream: BodyStream,
    /// What it was made from, so that it can be sent again.
    pub source: BodySource,
    /// The length, if it is known beforehand.
    pub length: Option<u64>,
}

/// What a body was made from, as far as it matters whether it can be sent a second time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodySource {
    /// Null: a stream, gone once it is read.
    Null,
    /// A byte sequence, or the bytes of a `Blob` or `FormData` object.
    Bytes(Bytes),
}

impl Body {
    /// A byte sequence as a body. <https://fetch.spec.whatwg.org/#byte-sequence-as-a-body>
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            length: Some(bytes.len() as u64),
            stream: BodyStream::whole(bytes.clone()),
            source: BodySource::Bytes(bytes),
        }
    }

    /// A body that comes from a stream alone.
    pub const fn from_stream(stream: BodyStream) -> Self {
        Self {
            stream,
            source: BodySource::Null,
            length: None,
        }
    }

    /// The bytes, where they are known without waiting: those that the body was made from, or that are there as a whole.
    pub fn known_bytes(&self) -> Option<&Bytes> {
        match &self.source {
            BodySource::Bytes(bytes) => Some(bytes),
            BodySource::Null => self.stream.as_whole(),
        }
    }

    /// Clones the body: both deliver all bytes.
    #[algorithm("concept-body-clone", untraced)]
    #[must_use]
    pub fn clone_a_body(&mut self) -> Self {
        /// 1. Two streams of one.
        let (out1, out2) = self.stream.tee();
        /// 2. The one goes on in this body,
        self.stream = out1;
        /// 3. the other in its clone.
        Self {
            stream: out2,
            source: self.source.clone(),
            length: self.length,
        }
    }

    /// Hands out the chunks one after the other.
    ///
    /// # Errors
    ///
    /// When the stream breaks.
    #[algorithm("body-incrementally-read", untraced)]
    pub async fn incrementally_read(
        &mut self,
        process_body_chunk: impl FnMut(Bytes),
    ) -> Result<(), BodyError> {
        /// 2. Only this reader reads.
        let reader = &mut self.stream;
        /// 3. Read to the end.
        incrementally_read_loop(reader, process_body_chunk).await
    }

    /// All bytes, once they are there.
    ///
    /// # Errors
    ///
    /// When the stream breaks.
    #[algorithm("body-fully-read", untraced)]
    pub async fn fully_read(&mut self) -> Result<Bytes, BodyError> {
        /// 4. Only this reader reads.
        let reader = &mut self.stream;
        /// 5. Read all there is.
        let first = match reader.read_chunk().await? {
            None => return Ok(Bytes::new()),
            Some(first) => first,
        };
        let Some(second) = reader.read_chunk().await? else {
            return Ok(first);
        };
        let mut bytes = BytesMut::from(&first[..]);
        bytes.extend_from_slice(&second);
        while let Some(chunk) = reader.read_chunk().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    /// Waits until all of the stream is there, so that [`known_bytes`](Self::known_bytes) has it.
    ///
    /// # Errors
    ///
    /// When the stream breaks.
    pub async fn buffer(&mut self) -> Result<(), BodyError> {
        if self.stream.as_whole().is_none() {
            let bytes = self.fully_read().await?;
            self.stream = BodyStream::whole(bytes);
        }
        Ok(())
    }

    /// Waits until all of it is there, or it breaks off; what has come until then is there as a whole.
    ///
    /// # Errors
    ///
    /// When the stream breaks.
    pub async fn buffer_what_comes(&mut self) -> Result<(), BodyError> {
        if self.stream.as_whole().is_some() {
            return Ok(());
        }
        let mut received = BytesMut::new();
        let end = loop {
            match self.stream.read_chunk().await {
                Ok(Some(chunk)) => received.extend_from_slice(&chunk),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.stream = BodyStream::whole(received.freeze());
        end
    }
}

/// Reads a stream chunk by chunk.
#[algorithm("incrementally-read-loop", untraced)]
async fn incrementally_read_loop(
    reader: &mut BodyStream,
    mut process_body_chunk: impl FnMut(Bytes),
) -> Result<(), BodyError> {
    loop {
        /// 2. Wait for a chunk.
        let chunk = reader.read_chunk().await;
        match chunk {
            Ok(Some(bytes)) => {
                /// 1.3.2.1. Hand it out
                process_body_chunk(bytes);
                /// 1.3.2.2. and go on.
                continue;
            }
            /// 1.1. There are no more.
            Ok(None) => return Ok(()),
            /// 1.1. It broke.
            Err(error) => return Err(error),
        }
    }
}
