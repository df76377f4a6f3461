from providers.keldoc import Keldoc
from tests.providers.contract import ProviderContract


class TestKeldoc(ProviderContract):
    kind = Keldoc
