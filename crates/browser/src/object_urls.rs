//! Object URLs: `URL.createObjectURL` and `URL.revokeObjectURL`.

use bytes::Bytes;
use crossexam_fetch::blob_url::BlobUrlEntry;
use crossexam_fetch::network_partition_keys::network_partition_key;
use url::Url;

use crate::global::Global;
use crate::inner::Inner;

impl Inner {
    pub(crate) fn create_object_url(
        &self,
        global: &Global,
        bytes: Bytes,
        content_type: &str,
    ) -> String {
        let (high, low) = (self.next_random(), self.next_random());
        let uuid = format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            (low >> 48) & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff,
        );
        let url = format!("blob:{}/{uuid}", global.environment.origin);
        self.user_agent.blob_urls.borrow_mut().insert(
            url.clone(),
            BlobUrlEntry {
                bytes,
                content_type: Bytes::copy_from_slice(content_type.as_bytes()),
                origin: global.environment.origin.clone(),
                partition: Some(network_partition_key(&global.environment).clone()),
            },
        );
        global.object_urls.borrow_mut().push(url.clone());
        url
    }

    /// What has been asked for before still gets the object, so that it is removed in a task, behind those fetches.
    ///
    /// MODEL: so does a synchronous request that follows in the same task.
    pub(crate) fn revoke_object_url(&self, global: &Global, url: &str) {
        // Only a page of the same origin may revoke it.
        let own = Url::parse(url).ok().and_then(|url| {
            let store = self.user_agent.blob_urls.borrow();
            store.resolve(&url).map(|it| it.origin.clone())
        });
        let Some(browser) = self.this.upgrade() else {
            return;
        };
        if own.is_some_and(|origin| origin.is_same_origin(&global.environment.origin)) {
            let url = url.to_owned();
            self.spawn("revokes an object URL", async move {
                browser.user_agent.blob_urls.borrow_mut().remove(&url);
            });
        }
    }
}
