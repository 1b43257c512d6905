"""The finding about the platform names the keys that were refused most, and no more than five."""

from detectors.engine import detect
from detectors.examples import examples
from detectors.settings import DetectorsConfig


def test_the_busiest_keys_of_an_outage_are_named() -> None:
    example = examples("platform-failures")[0]
    minutes = example.frames["auth_minutes"]
    louder = minutes["unauthenticated"].where(minutes["key_ref"] != "id:f", 50)
    frames = {**example.frames, "auth_minutes": minutes.assign(unauthenticated=louder, requests=louder)}

    (found,) = detect(
        frames,
        example.window,
        known=[],
        config=DetectorsConfig(),
        now=example.window.until,
        detectors=["platform-failures"],
    ).findings

    assert [["id:f", "id:a", "id:b", "id:c", "id:d"]] * 3 == [piece.detail["busiest"] for piece in found.evidence]
