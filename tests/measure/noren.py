"""Noren as a system of the screen harness (`measure.py --load noren --systems noren` with this folder on PYTHONPATH and
NOREN_XTASK naming the built xtask): `cargo xtask demo` against the harness's own desktop, optimised, with the page driven
through sign-in and pairing by bootstrap.js.

The harness puts its counting proxy in front of the server, so the server is told the proxy's address as its outside address,
as behind any front; that address is known only when the page is about to be opened, and the server starts then."""
import json
import os
import subprocess

from systems import System, free_port, system, wait_port

HERE = os.path.dirname(os.path.abspath(__file__))


@system("noren", watermark="off")
@system("noren-watermark", watermark="on")
class Noren(System):
    note = "noren-server with the relay inside, noren-agent, VNC to the same Xvnc"

    @property
    def canvas(self):
        with open(HERE + "/bootstrap.js") as f:
            source = f.read()
        # The harness evaluates this a thousand times a second: once the work has begun it is as short as any other system's.
        begin = "(%s)(%s)" % (source[source.index("(demo) =>"):].rstrip().rstrip(";"), json.dumps(self.demo))
        return "window.__noren ? document.querySelector('canvas#screen[data-state=live]') : %s" % begin

    def start(self, desktop):
        self.source, self.port, self.demo = self.office(desktop), free_port(), None
        return self.port

    def office(self, desktop):
        return ["--vnc", "127.0.0.1:%d" % desktop.port]

    def url(self, port, http):
        outside = "http://localhost:%d" % port
        xtask = os.environ["NOREN_XTASK"]
        p = self.run([xtask, "demo", "--json", "--release", "--watermark", self.options["watermark"], "--port", str(self.port), "--url", outside,
                      *self.source], stdout=subprocess.PIPE, text=True)
        line = p.stdout.readline()
        if not line:
            raise RuntimeError("the demo did not start: see /tmp/screen-system.log")
        self.demo = json.loads(line)
        wait_port(self.port)
        return outside + "/sign-in"

    def server_pids(self):          # not xtask, which only waits
        pids = (self.demo or {}).get("pids", {})
        return [pids[name] for name in ("server", "agent", "relay") if pids.get(name)]


@system("noren-rdp", watermark="off")
class NorenRDP(Noren):
    """The same over Remote Desktop: xrdp in front of the harness's Xorg."""
    late = True
    note = "noren-server with the relay inside, noren-agent, RDP to xrdp"

    def desktop(self):
        from systems import XorgDesktop
        return XorgDesktop()

    def office(self, desktop):
        from systems import WithXrdp
        os.environ["NOREN_DEMO_PASSWORD"] = "x"     # never an argument
        return ["--rdp", "127.0.0.1:%d" % WithXrdp.xrdp(self), "--rdp-user", "x"]
