"""Starts moto's server with our patches: `python roadstead_moto` prints `listening <port>` and ends with its input."""

import os
import sys
import threading


def end_with_input() -> None:
    """The parent holds the other end of our input: when it is gone, so are we."""
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


def main() -> None:
    threading.Thread(target=end_with_input, daemon=True).start()
    import patches

    patches.apply()

    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Handler(WSGIRequestHandler):
        # Headers and body are written apart: with Nagle's algorithm each answer on a kept connection waits 40 ms.
        disable_nagle_algorithm = True
        wbufsize = -1

        def log_request(self, *_: object) -> None:
            pass

    app = DomainDispatcherApplication(create_backend_app)
    app.debug = True
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Handler)
    server.daemon_threads = True
    print(f"listening {server.server_port}", flush=True)
    server.serve_forever()


main()
