from pathlib import Path

import pytest

from ingest.routes import Cap
from keywatch.collecting.treating import treatment
from keywatch.config.root import Config, GeoConfig, PrivacyConfig, RoutesConfig, SecretsConfig, SourceConfig
from keywatch.workspace import Workspace
from model.errors import ConfigError


def workspace(root: Path, **sections: object) -> Workspace:
    pepper = root / "keywatch.pepper"
    pepper.write_text("1:" + "ab" * 32)
    pepper.chmod(0o600)
    return Workspace(root, Config(**sections))  # type: ignore[arg-type]  # sections by name


def source(**fields: object) -> SourceConfig:
    return SourceConfig(name="edge", path="x.log", **fields)  # type: ignore[arg-type]  # fields by name


def test_without_config_addresses_are_kept_whole_and_nobody_is_trusted(tmp_path: Path) -> None:
    with treatment(workspace(tmp_path), source()) as found:
        assert ("edge", "full", (), None, None) == (
            found.source,
            found.addresses,
            found.proxies,
            found.geo,
            found.templates,
        )


def test_the_config_becomes_the_treatment(tmp_path: Path) -> None:
    (tmp_path / "ours.txt").write_text("GET /v1/ours/{x}\n")
    (tmp_path / "all.txt").write_text("GET /v1/all/{x}\n")
    made = workspace(
        tmp_path,
        secrets=SecretsConfig(prefixes=("kx-",)),
        privacy=PrivacyConfig(addresses="truncated"),
        routes=RoutesConfig(file="all.txt", limit=10),
    )

    cap = Cap(10)
    cap.seed([("x", "/seen")])

    with (
        treatment(made, source(routes="ours.txt", trusted_proxies=("private",)), cap=cap) as own,
        treatment(made, source()) as common,
    ):
        assert own.templates
        assert common.templates
        assert ({"/v1/ours/{x}"}, {"/v1/all/{x}"}) == (own.templates.routes, common.templates.routes)
        assert (("kx-",), "truncated", 8) == (own.prefixes, own.addresses, len(own.proxies))
        admitted = own.cap.admit([("x", f"/{n}", True) for n in range(20)] + [("x", "/v1/ours/{x}", False)])
        assert 9 == len({route for route in admitted if route != "/…"} - {"/v1/ours/{x}"})
        assert "/v1/ours/{x}" == admitted[-1]


@pytest.mark.parametrize(
    ("sections", "fields", "says"),
    [
        ({}, {"trusted_proxies": ("10.0.0.0/33",)}, "no address"),
        ({}, {"routes": "none.json"}, "cannot be read"),
        ({"geo": GeoConfig(databases=("none.mmdb",))}, {}, "maxminddb|cannot be read"),
    ],
)
def test_what_the_config_names_and_is_not_there_is_an_error(
    tmp_path: Path, sections: dict[str, object], fields: dict[str, object], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        treatment(workspace(tmp_path, **sections), source(**fields))
