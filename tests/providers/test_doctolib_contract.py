from providers.doctolib import Doctolib
from tests.providers.contract import ProviderContract


class TestDoctolib(ProviderContract):
    kind = Doctolib
