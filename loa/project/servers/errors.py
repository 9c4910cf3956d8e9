"""Why an embedded server cannot run; each message says what to do next."""


class ServerUnavailable(RuntimeError):
    """The server cannot be started on this machine as it is."""


class ServerStillRunning(ServerUnavailable):
    """Another process works in the same data folder."""
