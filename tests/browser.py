"""Headless Chromium over its debugging pipe: pages, keys, media and pictures, and nothing else."""

import base64
import contextlib
import itertools
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

__all__ = ["Browser", "chromium_path"]

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
]
KEYS = {
    "ArrowDown": 40,
    "ArrowUp": 38,
    "Escape": 27,
    "Enter": 13,
    "Tab": 9,
    "ArrowLeft": 37,
    "ArrowRight": 39,
    "/": 191,
}


def chromium_path():
    """Return the path of the browser, or None."""
    names = (os.environ.get("SKLIME_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, filter(None, names)) if path), None)


class Browser:
    """One headless browser with one page; a context manager.

    A page that does not answer within `timeout` seconds raises TimeoutError: it hangs.
    """

    def __init__(self, timeout=10.0):
        self.timeout = timeout
        self._numbers = itertools.count(1)
        self._buffer = b""

    def __enter__(self):
        self._profile = tempfile.mkdtemp()
        read_by_browser, self._out = os.pipe()
        self._in, written_by_browser = os.pipe()
        command = [chromium_path(), *FLAGS, f"--user-data-dir={self._profile}"]

        def connect():
            # Both ends are moved out of the way first: one may be 3 or 4 itself.
            ends = os.dup(read_by_browser), os.dup(written_by_browser)
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self._process = subprocess.Popen(
            [*command, "--remote-debugging-pipe", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=connect,
            close_fds=False,
            start_new_session=True,
        )
        os.close(read_by_browser)
        os.close(written_by_browser)
        self._session = None
        target = self._call("Target.createTarget", timeout=60.0, url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        self._call("Page.enable")
        self._call("Runtime.enable")
        return self

    def __exit__(self, *error):
        self._session = None
        with contextlib.suppress(OSError, TimeoutError, RuntimeError):
            self._call("Browser.close", timeout=5.0)
        try:
            self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._out)
        os.close(self._in)
        shutil.rmtree(self._profile, ignore_errors=True)

    def open(self, path, fragment=""):
        """Open a file and wait until it is loaded."""
        self._call("Page.navigate", url="about:blank")
        # A page that is left while it loads may never answer.
        self.wait_for("document.readyState === 'complete' && location.href === 'about:blank'")
        self._call("Page.navigate", url=f"file://{path}{fragment}")
        self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")

    def resize(self, width, height=900, scale=1.0):
        """Set the size of the window in CSS pixels."""
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=False,
        )

    def prefer(self, scheme="light", media=""):
        """Set the color scheme, and the medium: screen or print."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._call("Emulation.setEmulatedMedia", media=media, features=features)

    def allow_scripts(self, allowed):
        """Turn the scripts of pages on or off."""
        self._call("Emulation.setScriptExecutionDisabled", value=not allowed)

    def run(self, expression):
        """Return the value of a JavaScript expression; promises are waited for."""
        answer = self._call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def wait_for(self, expression):
        """Wait until an expression is true."""
        end = time.monotonic() + self.timeout
        while not self.run(expression):
            if time.monotonic() > end:
                raise TimeoutError(f"{expression} did not become true")
            time.sleep(0.01)

    def press(self, key):
        """Press a key of the keyboard."""
        text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        code = KEYS.get(key, ord(key[0].upper()))
        for kind in ("keyDown", "keyUp"):
            event = {"type": kind, "key": key, "windowsVirtualKeyCode": code}
            self._call("Input.dispatchKeyEvent", **event, **(text if kind == "keyDown" else {}))

    def mouse(self, kind, x, y):
        """Move or press the mouse at a point of the window: mousePressed, mouseMoved, ..."""
        button = {"button": "left", "buttons": 1, "clickCount": 1}
        self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **button)

    def touch(self, kind, *points):
        """Touch points of the window: touchStart, touchMove or, without points, touchEnd."""
        points = [{"x": x, "y": y} for x, y in points]
        self._call("Input.dispatchTouchEvent", type=kind, touchPoints=points)

    def type(self, text):
        """Type a text into what has the focus."""
        self._call("Input.insertText", text=text)

    def picture(self, path, *, full=True):
        """Save a picture of the page, as far as its content reaches."""
        options = {"format": "png", "captureBeyondViewport": full}
        if full:
            size = self._call("Page.getLayoutMetrics")["cssContentSize"]
            options["clip"] = {**size, "x": 0, "y": 0, "scale": 1}
        answer = self._call("Page.captureScreenshot", **options)
        with open(path, "wb") as file:
            file.write(base64.b64decode(answer["data"]))

    def _call(self, method, *, timeout=None, **params):
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._out, data) :]
        end = time.monotonic() + (timeout or self.timeout)
        while True:
            answer = self._receive(end, method)
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def _receive(self, end, method):
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], max(end - time.monotonic(), 0.0))
            if not ready:
                raise TimeoutError(f"no answer to {method}: the page hangs")
            received = os.read(self._in, 1 << 20)
            if not received:
                raise RuntimeError("the browser has gone")
            self._buffer += received
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)
