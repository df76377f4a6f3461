"""Adapters that read booking platforms and official lists. This package imports nothing of `aggregator`.

The registry is explicit and alphabetical; a test compares it with the files of the folder and with data/providers.toml.
"""

from providers.base import Provider
from providers.doctolib import Doctolib
from providers.keldoc import Keldoc
from providers.maiia import Maiia
from providers.ordoclic import Ordoclic

PROVIDERS: dict[str, type[Provider]] = {provider.slug: provider for provider in (Doctolib, Keldoc, Maiia, Ordoclic)}
