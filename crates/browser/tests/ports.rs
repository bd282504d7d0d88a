//! Message channels: within a page, to another window, and into a worker.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use support::{Scene, answer, html};

fn run(page: &'static str) -> Vec<String> {
    let scene = Scene::new();
    scene.serve("charlie", move |asked| match asked.path.as_str() {
        "/" => html(page),
        "/worker.js" => answer(
            "text/javascript",
            "onmessage = (event) => { const [port] = event.ports; port.onmessage = (inner) => port.postMessage('worker got ' + inner.data + (event.data.port === port)); };",
        ),
        _ => html("<script>onmessage = (event) => { event.ports[0].postMessage('frame of ' + origin + ' got ' + event.data); }</script>"),
    });
    scene.serve("alice", |_| {
        html("<script>onmessage = (event) => { event.ports[0].postMessage('frame of ' + origin + ' got ' + event.data); }</script>")
    });
    scene.visit("https://charlie.example/");
    assert_eq!(scene.script_errors(), [""; 0]);
    scene.console_of("https://charlie.example")
}

#[test]
fn messages_wait_until_the_port_is_started_and_come_in_order() {
    let log = run("<script>
        const { port1, port2 } = new MessageChannel();
        port1.postMessage(1); port1.postMessage({ two: 2 });
        port2.addEventListener('message', (event) => console.log(JSON.stringify(event.data) + event.origin + event.ports.length));
        setTimeout(() => { console.log('starts'); port2.start(); port1.postMessage(3); }, 10);
    </script>");
    assert_eq!(log, ["starts", "10", r#"{"two":2}0"#, "30"]);
}

#[test]
fn a_port_goes_into_a_worker_and_across_origins() {
    let log = run("<iframe src='https://alice.example/'></iframe><script>
        const worker = new Worker('/worker.js'), first = new MessageChannel();
        worker.postMessage({ port: first.port2 }, [first.port2]);
        first.port1.onmessage = (event) => console.log(event.data);
        first.port1.postMessage('hello ');
        onload = () => {
            const second = new MessageChannel();
            second.port1.onmessage = (event) => console.log(event.data);
            frames[0].postMessage('a port', '*', [second.port2]);
            try { frames[0].postMessage('again', '*', [second.port2]); } catch (e) { console.log(e.name); }
            try { frames[0].postMessage(second.port1, '*'); } catch (e) { console.log(e.name); }
            try { second.port1.postMessage(0, [second.port1]); } catch (e) { console.log(e.name); }
        };
    </script>");
    let mut log = log;
    log.sort();
    assert_eq!(
        log,
        [
            "DataCloneError",
            "DataCloneError",
            "DataCloneError",
            "frame of https://alice.example got a port",
            "worker got hello true",
        ]
    );
}

#[test]
fn who_closes_a_port_or_goes_closes_the_other_end() {
    let log = run("<script>
        const a = new MessageChannel(), b = new MessageChannel();
        a.port2.onclose = () => console.log('closed');
        a.port2.onmessage = (event) => console.log(event.data);
        a.port1.postMessage('last'); a.port1.close(); a.port1.postMessage('never');
        const worker = new Worker('/worker.js');
        b.port1.onclose = () => console.log('the worker is gone');
        b.port1.onmessage = () => worker.terminate();
        worker.postMessage({}, [b.port2]);
        b.port1.postMessage('');
    </script>");
    assert_eq!(log, ["last", "closed", "the worker is gone"]);
}

#[test]
fn structured_clone_moves_ports() {
    let log = run("<script>
        const { port1, port2 } = new MessageChannel();
        const moved = structuredClone({ port: port2 }, { transfer: [port2] }).port;
        console.log(moved instanceof MessagePort, moved === port2);
        moved.onmessage = (event) => console.log(event.data);
        port1.postMessage('arrives');
    </script>");
    assert_eq!(log, ["true false", "arrives"]);
}
