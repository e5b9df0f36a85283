"""Starts moto's server with our patches: `python roadstead_moto` prints `listening <port>` and ends with its input."""

import os
import sys
import threading
import traceback


def end_with_input() -> None:
    """The parent holds the other end of our input: when it is gone, so are we."""
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


def stay_on_loopback() -> None:
    """No connection and no listener of this process leaves the machine; an audit hook cannot be gone around."""

    def hook(event: str, args: tuple) -> None:
        if event not in ("socket.connect", "socket.bind"):
            return
        address = args[1]
        if isinstance(address, tuple) and not is_loopback(str(address[0])):
            raise PermissionError(f"{event} {address[0]}: moto stays on this machine")

    sys.addaudithook(hook)


def is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def told_apart(app):
    """moto raises for what it does not have and for its own mistakes: the gateway must know which."""

    def call(environ, start_response):
        try:
            return app(environ, start_response)
        except NotImplementedError as error:
            return plain(start_response, "501 Not Implemented", str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the gateway answers for it
            traceback.print_exc()
            return plain(start_response, "500 Internal Server Error", f"{type(error).__name__}: {error}")

    return call


def plain(start_response, status, text):
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("X-Roadstead-Moto", status[:3])])
    return [text.encode()]


def main() -> None:
    threading.Thread(target=end_with_input, daemon=True).start()
    stay_on_loopback()
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

    app = told_apart(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Handler)
    server.daemon_threads = True
    print(f"listening {server.server_port}", flush=True)
    server.serve_forever()


main()
