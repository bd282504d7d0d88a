//! Storing a response whose body comes in pieces: it is kept once all of it is there.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::{Bytes, BytesMut};
use crossexam_web::HeaderList;
use url::Url;

use super::{HttpCache, Limits, StoredResponse};
use crate::body::{BodyError, BodyStream, Transform};
use crate::host::NetworkPartitionKey;

/// Where a response is to be kept.
pub struct Place {
    /// The caches.
    pub cache: Rc<RefCell<HttpCache>>,
    /// The partition.
    pub partition: Rc<NetworkPartitionKey>,
    /// The URL.
    pub url: Url,
    /// The request's headers.
    pub request: HeaderList,
    /// How much is kept.
    pub limits: Limits,
}

/// What was read so far.
struct Storing {
    place: Place,
    /// `None` once it is stored, or too large.
    response: Option<StoredResponse>,
    bytes: BytesMut,
}

/// The same stream; when it was read to its end, the response is stored with what came. One that breaks off is not complete,
/// and is not stored.
pub fn store_when_complete(
    stream: BodyStream,
    place: Place,
    response: StoredResponse,
) -> BodyStream {
    stream.through(Storing {
        place,
        response: Some(response),
        bytes: BytesMut::new(),
    })
}

impl Transform for Storing {
    fn chunk(&mut self, chunk: Bytes) -> Result<Bytes, BodyError> {
        let length = self.bytes.len().saturating_add(chunk.len());
        if length as u64 > self.place.limits.bytes_of_a_response {
            self.response = None;
            self.bytes = BytesMut::new();
        }
        if self.response.is_some() {
            self.bytes.extend_from_slice(&chunk);
        }
        Ok(chunk)
    }

    fn finish(&mut self) -> Result<Bytes, BodyError> {
        if let Some(response) = self.response.take() {
            let body = std::mem::take(&mut self.bytes).freeze();
            let Place {
                cache,
                partition,
                url,
                request,
                limits,
            } = &self.place;
            let response = response.with_body(body);
            cache
                .borrow_mut()
                .store(partition, url, request, response, limits);
        }
        Ok(Bytes::new())
    }
}
