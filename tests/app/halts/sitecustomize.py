"""Workers of a queue that halt in the middle of a job, once, when a file in the queue's folder asks for it."""

import sys

if "songloom.app.job_worker" in sys.orig_argv:
    import time

    from songloom.app import job_attempt
    from songloom.app.job_attempt import Attempt

    told = Attempt.__call__

    def halting(attempt, progress):
        asked, halted = (attempt.store.folder / name for name in ("halt", "halted"))
        due = progress > 0.3 and asked.exists() and len(attempt.store.every("done")) >= asked.stat().st_size
        if due:
            attempt._told = -job_attempt.REPORT_SECONDS  # whoever looks sees how far it is
        told(attempt, progress)
        if due:
            asked.rename(halted)
            while halted.exists():
                time.sleep(0.01)
            attempt._told = -job_attempt.REPORT_SECONDS  # and it hears at once what was asked meanwhile
            told(attempt, progress)

    Attempt.__call__ = halting
