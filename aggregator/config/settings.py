"""The only reader of the environment and of `data/*.toml`. Frozen; read once; passed to whoever needs it."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from aggregator.config import campaign as campaigns
from aggregator.config import datasets
from aggregator.config.campaign import Campaign
from aggregator.config.datasets import Dataset
from aggregator.config.environment import SettingsError, choice, database_url_in, integer, rate, site_in
from providers.base import ProviderConfig
from providers.booking_url import BookingSites
from providers.http import Limits

ROOT = Path(__file__).resolve().parents[2]
DATASETS = ROOT / "data" / "datasets.toml"
# Simulated slots come and go each ten minutes, and reading them is most of what an idle demonstration takes.
DEMO_INTERVAL_S = 900
SANDBOX_PORT = 8800
LIVE_INTERVAL_S = 1800
LIVE_SEARCHES_A_MINUTE = 300
WEB_THREADS = 32
KEPT_DAYS = 396
"""Thirteen months: how long events, snapshots and editions are kept."""


@dataclass(frozen=True)
class Settings:
    """Everything that the environment decides. Paths are absolute; times in seconds.

    `demo`: providers are the sandbox's; every page then says so. `collect_every_s`: the target interval of a reading,
    the same for every offer of every provider. `horizon_days`: how far ahead slots are asked for.
    `trusted_proxies`: how many reverse proxies of ours add to X-Forwarded-For (0: none, the peer address is used).
    `log_origin`: the name under which the public log is signed (host/log), never to change once the log is public.
    `witness_policy`: who signs the log's heads beside us, and how many are needed (C2SP tlog-policy).
    `beacon`: public randomness in each day's draw, a drand chain's address or a folder with its files.
    `stamp_url`: who stamps the log's head each day (RFC 3161); `stamp_roots`: the certificates believed for it, PEM.
    `search_rate`: searches a minute from one address, 0 for any number; departures are never limited.
    `secure`: the site is served over HTTPS, so that HSTS is sent.
    `site`: the portal's own origin ("https://rdv.example.fr"), of which absolute addresses are made.
    """

    demo: bool = True
    official_list: str | None = None
    data_dir: Path = ROOT / "data" / "run"
    campaign_path: Path = ROOT / "data" / "campaigns" / "covid-2021.toml"
    providers_path: Path = ROOT / "data" / "providers.toml"
    host: str = "127.0.0.1"
    port: int = 8000
    collect_every_s: int = DEMO_INTERVAL_S
    horizon_days: int = 30
    database_url: str | None = None
    trusted_proxies: int = 0
    search_rate: int = 0
    secure: bool = False
    site: str | None = None
    ban: bool = False
    log_origin: str = "aiguillage.example/log"
    witness_policy: Path = ROOT / "data" / "witness-policy"
    beacon: str | None = None
    stamp_url: str | None = None
    stamp_roots: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)  # it may hold secrets

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Raises SettingsError."""
        env = os.environ if environment is None else environment
        demo = choice(env, "AIGUILLAGE_PROVIDERS", "sandbox", ("sandbox", "live")) == "sandbox"
        settings = cls(
            demo=demo,
            official_list=env.get("AIGUILLAGE_OFFICIAL_LIST") or None,
            data_dir=Path(env.get("AIGUILLAGE_DATA_DIR") or cls.data_dir).resolve(),
            campaign_path=_campaign_path(env.get("AIGUILLAGE_CAMPAIGN") or "covid-2021"),
            providers_path=Path(env.get("AIGUILLAGE_PROVIDERS_FILE") or cls.providers_path).resolve(),
            host=env.get("AIGUILLAGE_HOST") or cls.host,
            port=integer(env, "AIGUILLAGE_PORT", cls.port, 1, 65535),
            collect_every_s=integer(
                env, "AIGUILLAGE_COLLECT_EVERY", DEMO_INTERVAL_S if demo else LIVE_INTERVAL_S, 10, 86400
            ),
            horizon_days=integer(env, "AIGUILLAGE_HORIZON_DAYS", cls.horizon_days, 1, 60),
            database_url=database_url_in(env),
            trusted_proxies=integer(env, "AIGUILLAGE_TRUSTED_PROXIES", 0, 0, 5),
            search_rate=integer(env, "AIGUILLAGE_SEARCH_RATE", 0 if demo else LIVE_SEARCHES_A_MINUTE, 0, 1_000_000),
            secure=choice(env, "AIGUILLAGE_HTTPS", "0", ("0", "1")) == "1",
            site=site_in(env),
            log_origin=env.get("AIGUILLAGE_LOG_ORIGIN") or cls.log_origin,
            witness_policy=Path(env.get("AIGUILLAGE_WITNESS_POLICY") or cls.witness_policy).resolve(),
            beacon=env.get("AIGUILLAGE_BEACON") or None,
            stamp_url=env.get("AIGUILLAGE_STAMP_URL") or None,
            stamp_roots=Path(env["AIGUILLAGE_STAMP_ROOTS"]).resolve() if env.get("AIGUILLAGE_STAMP_ROOTS") else None,
            ban=choice(env, "AIGUILLAGE_BAN", "0", ("0", "1")) == "1",
            environment=dict(env),
        )
        if bool(settings.stamp_url) != bool(settings.stamp_roots):
            raise SettingsError("AIGUILLAGE_STAMP_URL and AIGUILLAGE_STAMP_ROOTS belong together")
        settings.campaign  # noqa: B018 - an unusable file is refused now, not at the first page
        settings._sections  # noqa: B018
        return settings

    def but(self, **changes: Any) -> Settings:
        return replace(self, **changes)

    @cached_property
    def campaign(self) -> Campaign:
        try:
            return campaigns.load_campaign(self.campaign_path)
        except campaigns.CampaignError as error:
            raise SettingsError(str(error)) from error

    @property
    def gazetteer_path(self) -> Path:
        return self.data_dir / "gazetteer.json.gz"

    @property
    def outlines_path(self) -> Path:
        return self.data_dir / "outlines.npz"

    @property
    def contract_path(self) -> Path:
        """The text of the ranking contract in force."""
        return ROOT / "data" / "contract-order-1.md"

    def datasets(self) -> dict[str, Dataset]:
        """What this portal publishes, by name, in order."""
        return datasets.published(DATASETS, self.campaign.facts.service)

    def catalogue(self) -> dict[str, Any]:
        """What the catalogue says of all data sets."""
        return datasets.load_catalogue(DATASETS)

    @property
    def listed_hosts_path(self) -> Path:
        """The hosts of the State's lists of 2021, counted."""
        return ROOT / "data" / "centres-2021.csv"

    @property
    def editions_dir(self) -> Path:
        """The editions of the open data: one folder a closed day, and the one of the running day."""
        return self.published_dir / "data"

    @property
    def hosting_dir(self) -> Path:
        """The hosting sheets, one a provider."""
        return ROOT / "data" / "hosting"

    @property
    def published_dir(self) -> Path:
        """What the worker publishes and the web serves: snapshots, totals, health."""
        return self.data_dir / "published"

    @property
    def keys_dir(self) -> Path:
        return self.data_dir / "keys"

    @property
    def sandbox_path(self) -> Path:
        """Where the running sandbox has written its origins."""
        return self.data_dir / "sandbox.json"

    def sandbox(self) -> dict[str, Any]:
        """Origins of the running sandbox: {"providers": {slug: origin}, "official_list": url}. Raises SettingsError."""
        try:
            content: dict[str, Any] = json.loads(self.sandbox_path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"no sandbox is running (nothing readable at {self.sandbox_path}): start `aiguillage sandbox`, "
                "or set AIGUILLAGE_PROVIDERS=live"
            ) from error
        return content

    def default_origins(self) -> dict[str, str]:
        """Where the simulated platforms listen unless told otherwise: one port each, in alphabetical order."""
        return {slug: f"http://127.0.0.1:{SANDBOX_PORT + n}" for n, slug in enumerate(sorted(self._sections))}

    def provider_configs(self, base_url: str | None = None) -> dict[str, ProviderConfig]:
        """The providers that the campaign reads, by slug. In demonstration their origins are the sandbox's.

        `base_url` replaces the origin of every host (`aiguillage probe --base-url`).
        """
        origins = {} if base_url or not self.demo else dict(self.sandbox()["providers"])
        configs = {}
        for slug in sorted(self.campaign.providers.read):
            if slug not in self._sections:
                raise SettingsError(f"{self.campaign_path.name} reads {slug!r}, which {self.providers_path.name} lacks")
            configs[slug] = self._config(slug, base_url or origins.get(slug))
        return configs

    def all_configs(self) -> dict[str, ProviderConfig]:
        """Every provider of the file, read by this campaign or not, with its declared origins."""
        return {slug: self._config(slug, None) for slug in sorted(self._sections)}

    def provider_labels(self) -> dict[str, str]:
        return {slug: str(section["label"]) for slug, section in sorted(self._sections.items())}

    def declared_origins(self) -> dict[str, str]:
        """Booking origin -> slug, for every declared site of a provider."""
        return {f"https://{host}": slug for host, slug in self.booking_hosts().items()}

    def booking_hosts(self) -> dict[str, str]:
        """Booking host -> slug."""
        return {host: slug for slug, section in self._sections.items() for host in section["booking_hosts"]}

    def booking_sites(self) -> BookingSites:
        """Which origins citizens may be sent to, and whose they are; in demonstration the sandbox's alone."""
        declared = self.declared_origins()
        others = {f"https://{host}": "" for host in self.campaign.providers.link_only}
        if not self.demo:
            return BookingSites({**declared, **others}, {})
        # A list may be imported before the sandbox starts: its ports are known.
        loopback = self.sandbox()["providers"] if self.sandbox_path.exists() else self.default_origins()
        return BookingSites(
            {origin: slug for slug, origin in loopback.items()},
            {origin: loopback[slug] for origin, slug in declared.items() if slug in loopback},
        )

    @cached_property
    def _sections(self) -> dict[str, dict[str, Any]]:
        try:
            content = tomllib.loads(self.providers_path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SettingsError(f"{self.providers_path}: {error}") from error
        defaults = content.pop("defaults", {})
        sections = {slug: {**defaults, **section} for slug, section in content.items()}
        for slug, section in sections.items():
            missing = {"label", "origins", "booking_hosts"} - set(section)
            if missing:
                raise SettingsError(f"{self.providers_path}: [{slug}] lacks {', '.join(sorted(missing))}")
        return sections

    def _config(self, slug: str, base_url: str | None) -> ProviderConfig:
        section = self._sections[slug]
        origins = {name: base_url.rstrip("/") if base_url else origin for name, origin in section["origins"].items()}
        return ProviderConfig(
            slug=slug,
            label=section["label"],
            origins=origins,
            booking_origins=tuple(f"https://{host}" for host in section["booking_hosts"]),
            user_agent=section.get("user_agent", "Aiguillage"),
            headers={name: self._secret(value) for name, value in section.get("headers", {}).items()},
            limits=Limits(
                connect_s=section.get("connect_s", 3.0),
                total_s=section.get("total_s", 10.0),
                max_bytes=int(section.get("max_mib", 16)) * 1024 * 1024,
                rate_per_s=self._rate(section),
                retry_wait_s=section.get("retry_wait_s", 0.3),
                connections=int(section.get("connections", 32)),
            ),
        )

    def _rate(self, section: dict[str, Any]) -> float | None:
        """Requests a second to one host. None (no limit) in demonstration without AIGUILLAGE_RATE, or when it is 0."""
        if self.demo and "AIGUILLAGE_RATE" not in self.environment:
            return None
        return rate(self.environment, "AIGUILLAGE_RATE", section.get("rate_per_s", 10.0)) or None

    def _secret(self, value: str) -> str:
        if not value.startswith("env:"):
            return value
        name = value.removeprefix("env:")
        if not self.environment.get(name):
            raise SettingsError(f"{self.providers_path.name} takes a header from {name}, which is not set")
        return self.environment[name]


def _campaign_path(name: str) -> Path:
    if "/" in name or name.endswith(".toml"):
        return Path(name).resolve()
    folder = ROOT / "data" / "campaigns"
    if name not in campaigns.names_in(folder):
        raise SettingsError(
            f"AIGUILLAGE_CAMPAIGN={name}: no such campaign; there are {', '.join(campaigns.names_in(folder))}"
        )
    return folder / f"{name}.toml"
