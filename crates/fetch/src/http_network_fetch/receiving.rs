//! The body of a response while it comes: steps 10 to 18 of HTTP-network fetch.
//!
//! Nothing runs in parallel here: the bytes are taken from the network when somebody reads them.

use std::cell::Cell;
use std::rc::Rc;
use std::task::Context;

use bytes::Bytes;
use crossexam_web::header_value::extract_header_list_values;
use crossexam_web::{HeaderList, algorithm};

use crate::body::{BodyError, BodyStream, Transform};
use crate::connections::Connection;
use crate::content_codings::{CodingFailure, Decoder, handle_content_codings, known_name};
use crate::failure::BlockReason;
use crate::fetch_params::{ControllerState, FetchController};
use crate::response::BodyInfo;

/// A connection while a request and the answer to it go over it.
pub(super) struct InUse {
    connection: Rc<Connection>,
    says_close: bool,
    is_over: bool,
}

impl InUse {
    pub(super) fn new(connection: Rc<Connection>) -> Self {
        connection.begin_use();
        Self {
            connection,
            says_close: false,
            is_over: false,
        }
    }

    /// The message asks for the connection to be closed behind it, or not. Only HTTP/1.x has a say in that.
    pub(super) fn close_afterwards(&mut self, says_close: bool) {
        self.says_close = says_close
            && !self
                .connection
                .timing_info
                .alpn_negotiated_protocol
                .is_shared();
    }

    /// The message is complete.
    pub(super) fn end(&mut self) {
        self.is_over = true;
        if self.says_close {
            self.connection.break_off();
        } else {
            self.connection.end_use();
        }
    }
}

impl InUse {
    /// The request is given up.
    #[algorithm("concept-http-network-fetch", untraced)]
    fn give_up(&mut self) {
        self.is_over = true;
        if self
            .connection
            .timing_info
            .alpn_negotiated_protocol
            .is_shared()
        {
            /// 18.2.3. The others that use the connection go on; the host tells the server (`RST_STREAM`).
            self.connection.end_use();
        } else {
            /// 18.2.4. In the middle of a message the connection is of no use to anybody.
            self.connection.break_off();
        }
    }

    /// The connection does not stand any more.
    pub(super) fn break_off(mut self) {
        self.is_over = true;
        self.connection.break_off();
    }
}

impl Drop for InUse {
    #[algorithm("concept-http-network-fetch", untraced)]
    fn drop(&mut self) {
        if !self.is_over {
            /// 9.1. Nobody waits for the answer any more.
            self.give_up();
        }
    }
}

/// What is done to the bytes of a response on their way.
struct Receiving {
    /// Undoes the content codings; `None` if there are none, or they are not supported.
    decoder: Option<Decoder>,
    /// How many bytes came, with and without their codings.
    sizes: Rc<Cell<(u64, u64)>>,
    controller: FetchController,
    in_use: InUse,
}

/// The stream of a response's body, and what is told of it.
pub(super) fn receive(
    header_list: &HeaderList,
    body: BodyStream,
    controller: &FetchController,
    mut in_use: InUse,
) -> (BodyStream, BodyInfo) {
    let mut body_info = BodyInfo::default();
    if let Some(whole) = body.as_whole()
        && (whole.is_empty() || !header_list.contains(b"Content-Encoding"))
    {
        // All of it is there, and nothing is to be done.
        in_use.end();
        body_info.encoded_size = whole.len() as u64;
        body_info.decoded_size = body_info.encoded_size;
        return (body, body_info);
    }
    let decoder = match begin(header_list, &mut body_info) {
        Ok(decoder) => decoder,
        Err(failure) => {
            controller.terminate();
            return (BodyStream::broken(coding_error(failure)), body_info);
        }
    };
    let sizes = Rc::new(Cell::new((0, 0)));
    body_info.so_far = Some(Rc::clone(&sizes));
    let mut receiving = Receiving {
        decoder,
        sizes,
        controller: controller.clone(),
        in_use,
    };
    let stream = match body.as_whole() {
        Some(whole) => match receiving.chunk_and_end(whole.clone()) {
            Ok(bytes) => BodyStream::whole(bytes),
            Err(error) => BodyStream::broken(error),
        },
        None => body.through(receiving),
    };
    (stream, body_info)
}

/// What the codings are, to be told and to be undone.
#[algorithm("concept-http-network-fetch", untraced)]
fn begin(
    header_list: &HeaderList,
    body_info: &mut BodyInfo,
) -> Result<Option<Decoder>, CodingFailure> {
    /// 18.1.1.1.2. What was done to the bytes?
    let codings = extract_header_list_values(b"Content-Encoding", header_list);
    /// 18.1.1.1.3. Whatever it was,
    let mut filtered_coding = "@unknown";
    match &codings {
        /// 18.1.1.1.4. nothing,
        Ok(None) | Err(_) => filtered_coding = "",
        /// 18.1.1.1.5. more than one thing,
        Ok(Some(codings)) if codings.len() > 1 => filtered_coding = "multiple",
        Ok(Some(codings)) => {
            // SPEC: a list without members has no first one; it is what the text calls the empty string.
            let name = codings
                .first()
                .map_or(Some(""), |coding| known_name(coding));
            if let Some(name) = name {
                /// 18.1.1.1.6. or one that has a name,
                filtered_coding = name;
            }
        }
    }
    /// 18.1.1.1.7. it is told.
    body_info.content_encoding = filtered_coding.to_owned();
    match codings {
        Ok(Some(codings)) => Decoder::new(&codings),
        Ok(None) | Err(_) => Ok(None),
    }
}

impl Transform for Receiving {
    #[algorithm("concept-http-network-fetch", untraced)]
    fn chunk(&mut self, chunk: Bytes) -> Result<Bytes, BodyError> {
        /// 18.1.1.1.1. These bytes came.
        let bytes = chunk;
        let (mut encoded_size, mut decoded_size) = self.sizes.get();
        /// 18.1.1.1.8. So many, as they were sent,
        encoded_size += bytes.len() as u64;
        /// 18.1.1.1.9. and without their codings
        let bytes = handle_content_codings(self.decoder.as_mut(), bytes);
        /// 18.1.1.1.10. so many.
        decoded_size += bytes.as_ref().map_or(0, Bytes::len) as u64;
        self.sizes.set((encoded_size, decoded_size));
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(failure) => {
                /// 18.1.1.1.11. What cannot be decoded is the end of it.
                self.controller.terminate();
                return Err(coding_error(failure));
            }
        };
        /// 18.1.1.1.12. They are for the reader.
        Ok(bytes)
    }

    #[algorithm("concept-http-network-fetch", untraced)]
    fn finish(&mut self) -> Result<Bytes, BodyError> {
        let last = match &mut self.decoder {
            Some(decoder) => decoder.finish(),
            None => Ok(Bytes::new()),
        };
        /// 18.1.1.2. That was all of it.
        self.in_use.end();
        let last = last.map_err(|failure| {
            self.controller.terminate();
            coding_error(failure)
        })?;
        let (encoded_size, decoded_size) = self.sizes.get();
        self.sizes
            .set((encoded_size, decoded_size + last.len() as u64));
        Ok(last)
    }

    #[algorithm("concept-http-network-fetch", untraced)]
    fn interruption(&mut self, context: &Context<'_>) -> Option<BodyError> {
        if !self.controller.poll_canceled(context) {
            return None;
        }
        let reason = match self.controller.state() {
            /// 18.2.1.2. Aborted: the reader hears of that,
            ControllerState::Aborted => BlockReason::Aborted,
            /// 18.2.2. or of an end without a reason.
            ControllerState::Terminated | ControllerState::Ongoing => BlockReason::Terminated,
        };
        self.in_use.give_up();
        Some(BodyError(reason))
    }

    #[algorithm("concept-http-network-fetch", untraced)]
    fn canceled(&mut self) {
        /// 13. A reader who wants no more aborts the fetch.
        self.controller.abort();
    }
}

impl Receiving {
    /// The whole of a body that is there already.
    fn chunk_and_end(&mut self, whole: Bytes) -> Result<Bytes, BodyError> {
        let first = self.chunk(whole)?;
        let last = self.finish()?;
        Ok(if last.is_empty() {
            first
        } else {
            [first, last].concat().into()
        })
    }
}

fn coding_error(failure: CodingFailure) -> BodyError {
    BodyError(BlockReason::ContentCoding(failure))
}
