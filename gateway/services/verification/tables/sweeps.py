"""That the sweeps go on: without them nothing is asked after that nobody confirms, and nothing ends by itself."""

from gateway.services.core.model.jobs import NOBODY, SUBJECTS
from gateway.services.verification.model import Invariant, Whole
from gateway.services.verification.words import Words


def sweeps(w: Words) -> Invariant:
    wanted = [f"SELECT 'sweep.lapsed' AS kind, {w.id(NOBODY)} AS subject_id"]
    for provider, subject in SUBJECTS.items():
        is_asked = f"(SELECT count(*) FROM payment WHERE provider = '{provider}' AND ask_at IS NOT NULL) > 0"
        wanted += [
            f"SELECT '{kind}' AS kind, {w.id(subject)} AS subject_id WHERE {is_asked}"
            for kind in ("sweep.open", "sweep.settled")
        ]
    listed = f"""SELECT wanted.kind, wanted.subject_id FROM ({" UNION ALL ".join(wanted)}) AS wanted
        WHERE (SELECT count(*) FROM job WHERE job.kind = wanted.kind AND job.subject_id = wanted.subject_id
        AND job.state IN ('PENDING', 'RUNNING', 'RETRYING')) = 0
        AND (SELECT count(*) FROM (SELECT 1 FROM job WHERE job.fence > 0 LIMIT 1) AS ran) > 0"""
    return Invariant(
        "The sweeps go on.",
        "job",
        "`gateway serve` or `gateway worker` starts them when it starts.",
        whole=Whole(listed, "Jobs were run here, and no live job of this kind is there, of this provider or of all."),
    )
