from providers.maiia import Maiia
from tests.providers.contract import ProviderContract


class TestMaiia(ProviderContract):
    kind = Maiia
    says_telephone = False
