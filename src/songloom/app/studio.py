"""`songloom studio`: a page on which music is made by ear."""

from __future__ import annotations

import webbrowser

from songloom.app.serve import NO_OPTIONS, Options, application


def studio(*, options: Options = NO_OPTIONS, port: int = 8767, window: bool = True) -> None:
    """A page on which music is made: words, controls, candidates to compare.

    Sounds to begin with can be dropped on it. docs/studio.md tells more.

    songloom studio

    songloom studio --model loom --model mine=runs/mine/best

    Parameters
    ----------
    port:
        The port; 0 takes a free one.
    window:
        Open the page in this machine's browser.
    """
    with application(options) as (service, facts):
        from songloom.app import serving
        from songloom.app.studio_page import server

        def announce(url: str) -> None:
            print(f"{url} {facts}", flush=True)
            if window:
                webbrowser.open(url)

        page = server.create(service, serving.allowed_hosts(options.host))
        serving.serve(page, options.host, port, announce)
