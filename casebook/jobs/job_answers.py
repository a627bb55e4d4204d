"""What a job's command printed, as far as it is shown."""

from __future__ import annotations

from casebook.files.tables import plain
from casebook.jobs.job_orders import JobPlaces
from ledger.records import Job

ANSWER_NAME = "answer"  # in the job's folder
MOST_BYTES = 64_000


def read_answer(places: JobPlaces, job: Job) -> str:
    """Return the first 64 kB; empty: nothing was printed yet, or it was deleted when its time was over."""
    try:
        with (places.folder(job.job_id) / ANSWER_NAME).open("rb") as file:
            data = file.read(MOST_BYTES)
    except OSError:
        return ""
    return "\n".join(plain(line) for line in data.decode("utf-8", "replace").splitlines())
