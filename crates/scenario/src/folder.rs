//! A scenario's folder: its files, from a disk or from inside the binary.

use std::fs;
use std::io;
use std::path::Path;

use bytes::Bytes;
use indexmap::IndexMap;

/// The name of the file that makes a folder a scenario.
pub const SCENARIO_FILE: &str = "scenario.toml";

/// How large a scenario's file may be, in bytes.
pub const MAX_FILE_SIZE: u64 = 4 << 20;

/// A scenario's files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folder {
    /// The name under which people know it, for example `tests/scenarios/S04-withheld`.
    pub path: String,
    /// The files by their names within the folder, sorted.
    pub files: IndexMap<String, Bytes>,
}

impl Folder {
    /// A folder that is made of these files.
    pub fn new<N: Into<String>, B: Into<Bytes>>(
        path: impl Into<String>,
        files: impl IntoIterator<Item = (N, B)>,
    ) -> Self {
        let mut files: IndexMap<String, Bytes> = files
            .into_iter()
            .map(|(name, bytes)| (name.into(), bytes.into()))
            .collect();
        files.sort_unstable_keys();
        Self {
            path: path.into(),
            files,
        }
    }

    /// Reads a folder and the folders in it, two levels deep. Hidden files are left out.
    ///
    /// # Errors
    ///
    /// When something cannot be read, or a file is larger than [`MAX_FILE_SIZE`].
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut files = IndexMap::new();
        read_into(&mut files, path, "", 0)?;
        files.sort_unstable_keys();
        Ok(Self {
            path: path.display().to_string(),
            files,
        })
    }

    /// The name of the folder itself: the last part of its path.
    pub fn name(&self) -> &str {
        self.path
            .trim_end_matches(['/', '\\'])
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or("")
    }

    /// The display path of a file in it.
    pub fn path_of(&self, file: &str) -> String {
        match self.path.trim_end_matches('/') {
            "" => file.to_owned(),
            path => format!("{path}/{file}"),
        }
    }
}

fn read_into(
    files: &mut IndexMap<String, Bytes>,
    folder: &Path,
    prefix: &str,
    depth: usize,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        let name = format!("{prefix}{name}");
        let metadata = fs::metadata(entry.path())?;
        if metadata.is_dir() {
            if depth < 2 {
                read_into(files, &entry.path(), &format!("{name}/"), depth + 1)?;
            }
        } else if metadata.len() > MAX_FILE_SIZE {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("{name} is larger than {MAX_FILE_SIZE} bytes"),
            ));
        } else {
            files.insert(name, fs::read(entry.path())?.into());
        }
    }
    Ok(())
}
