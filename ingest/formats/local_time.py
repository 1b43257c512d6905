"""Times that a logger wrote in its own zone without saying which."""


def in_utc(moment: str, *, lasted: str = "0") -> str:
    """`moment` (a TIMESTAMP expression in the logger's zone) in UTC, judged by the wrapper's time beside it.

    A wrapper (container runtime, syslog) writes its time when the line comes, `lasted` seconds after `moment`. The zone
    is their difference in whole quarters of an hour. Without a wrapper, or where the two are minutes apart, the time
    counts as UTC.
    """
    late = f"(epoch(TRY_CAST(envelope AS TIMESTAMPTZ)) - epoch({moment}) - coalesce({lasted}, 0))"
    zone = f"round({late} / 900) * 900"
    fits = f"abs({late}) < 54000 AND abs({late} - {zone}) < 300"
    return f"CASE WHEN envelope IS NOT NULL AND {fits} THEN {moment} + to_seconds({zone}) ELSE {moment} END"
