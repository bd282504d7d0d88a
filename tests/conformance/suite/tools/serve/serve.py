The file by which a checkout is known. These tests are served by crates/wpt/tests/own_suite.rs.
