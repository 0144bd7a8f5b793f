import pytest
from protocol.user_data import normalise


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("Nürnberg", "nürnberg"),
        ("10115 Berlin", "berlin"),
        ("Washington, D.C.", "washingtondc"),
        ("L’Hospitalet", "lhospitalet"),
        ("Москва", "москва"),
        ("Aix-en-Provence", "aixenprovence"),
        ("दिल्ली", "दिल्ली"),
        ("Tōkyō ２３", "tōkyō"),
    ],
)
def test_a_city_is_its_letters_in_lower_case(raw, normal):
    assert normalise("ct", raw) == normal


@pytest.mark.parametrize("key", ["ct", "st"])
@pytest.mark.parametrize("raw", ["", "12345", "-", "١٢"])
def test_what_has_no_letter_is_no_place(key, raw):
    assert normalise(key, raw) is None


@pytest.mark.parametrize(
    ("raw", "country", "normal"),
    [
        ("California", "US", "ca"),
        ("california", None, "ca"),
        ("CALIFORNIA (US)", "us", "ca"),
        ("US-NY", None, "ny"),
        ("New York", "US", "ny"),
        ("Washington D.C.", "US", "dc"),
        ("Puerto Rico", "US", "pr"),
        ("tx", "US", "tx"),
        ("Québec", "CA", "qc"),
        ("Quebec", None, "qc"),
        ("Colombie-Britannique", "CA", "bc"),
        ("Île-du-Prince-Édouard", "CA", "pe"),
        ("CA-ON", "CA", "on"),
        ("Newfoundland & Labrador", "CA", "nl"),
        ("Bayern", "DE", "bayern"),
        ("Nordrhein-Westfalen", "DE", "nordrheinwestfalen"),
        ("BY", "DE", "by"),
        ("New South Wales", "AU", "newsouthwales"),
        ("São Paulo", "BR", "sãopaulo"),
        ("Georgia", "DE", "georgia"),
        ("Distrito 5", "PE", "distrito"),
        ("Atlantis", "US", None),
        ("ZZ", "US", None),
        ("Ontario", "US", None),
        ("California", "CA", None),
    ],
)
def test_a_state_is_a_code_in_north_america_and_a_name_elsewhere(raw, country, normal):
    assert normalise("st", raw, country=country) == normal


@pytest.mark.parametrize(
    ("raw", "country", "normal"),
    [
        ("94035-1234", "US", "94035"),
        ("94035 1234", "US", "94035"),
        ("94035", "US", "94035"),
        (94035, "US", "94035"),
        ("94035.0", "US", "94035"),
        ("CA 94035", "US", "94035"),
        ("00926-1234", "PR", "00926"),
        ("94035-1234", None, "94035"),
        ("12345-6789", "SA", "123456789"),
        ("SW1A 1AA", "GB", "sw1a1aa"),
        ("sw1a1aa", "GB", "sw1a1aa"),
        ("K1A 0A6", "CA", "k1a0a6"),
        ("1012 AB", "NL", "1012ab"),
        ("01310-100", "BR", "01310100"),
        ("00-950", "PL", "00950"),
        ("100-0001", "JP", "1000001"),
        ("１００−０００１", "JP", "1000001"),
        ("1000-205", "PT", "1000205"),
        ("D02 AF30", "IE", "d02af30"),
        ("01067", "DE", "01067"),
        ("۱۲۳۴۵۶۷۸۹۰", "IR", "1234567890"),
        ("9403", "US", None),
        ("M1 1AE", "US", None),
        ("940351", "US", None),
        ("N/A", None, None),
        ("-", None, None),
        ("12", None, None),
        ("1234567890123", None, None),
    ],
)
def test_a_post_code_is_its_digits_and_letters(raw, country, normal):
    assert normalise("zp", raw, country=country) == normal


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("US", "us"),
        ("us", "us"),
        (" De ", "de"),
        ("UK", "gb"),
        ("EL", "gr"),
        ("USA", "us"),
        ("deu", "de"),
        ("united states", "us"),
        ("United States of America", "us"),
        ("Estados Unidos", "us"),
        ("Vereinigte Staaten", "us"),
        ("Österreich", "at"),
        ("OSTERREICH", "at"),
        ("España", "es"),
        ("Espana", "es"),
        ("Türkiye", "tr"),
        ("Turkey", "tr"),
        ("BIRLESIK KRALLIK", "gb"),
        ("Côte d'Ivoire", "ci"),
        ("Ivory Coast", "ci"),
        ("South Korea", "kr"),
        ("대한민국", "kr"),
        ("日本", "jp"),
        ("Great Britain", "gb"),
        ("The Netherlands", "nl"),
        ("Kosovo", "xk"),
        ("Bosnia & Herzegovina", "ba"),
        ("Niger", "ne"),
        ("Nigeria", "ng"),
        ("ZZ", None),
        ("XX", None),
        ("Atlantis", None),
        ("D", None),
        ("Deutsch", None),
        ("49", None),
        ("", None),
    ],
)
def test_a_country_is_its_code_whatever_people_call_it(raw, normal):
    assert normalise("country", raw) == normal
