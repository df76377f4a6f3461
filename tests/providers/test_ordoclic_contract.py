from providers.ordoclic import Ordoclic
from tests.providers.contract import ProviderContract


class TestOrdoclic(ProviderContract):
    kind = Ordoclic
