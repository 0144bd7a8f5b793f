import pytest
from protocol.question import (
    FIELD_OF_TYPE,
    Question,
    question_field,
    question_type,
    same_key,
)
from protocol.question_keys import KEYS_OF_TYPE


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("FULL_NAME", "contact_name"),
        ("FIRST_NAME", "first_name"),
        ("LAST_NAME", "last_name"),
        ("EMAIL", "email_from"),
        ("WORK_EMAIL", "email_from"),
        ("PHONE", "phone"),
        ("PHONE_OTP", "phone"),
        ("WORK_PHONE_NUMBER", "phone"),
        ("WHATSAPP_NUMBER", "phone"),
        ("USER_PROVIDED_PHONE_NUMBER", "phone"),
        ("STREET_ADDRESS", "street"),
        ("ADDRESS_LINE_TWO", "street2"),
        ("CITY", "city"),
        ("STATE", "state_id"),
        ("PROVINCE", "state_id"),
        ("COUNTRY", "country_id"),
        ("POST_CODE", "zip"),
        ("ZIP", "zip"),
        ("COMPANY_NAME", "partner_name"),
        ("JOB_TITLE", "function"),
        ("WEBSITE", "website"),
        ("DOB", None),
        ("GENDER", None),
        ("MARITIAL_STATUS", None),
        ("STORE_LOOKUP", None),
        ("ID_CPF", None),
        ("DATE_TIME", None),
    ],
)
def test_the_type_decides_in_whatever_language_the_key_is(kind, field):
    assert question_field("何か", kind) == field
    assert question_field("何か", kind.lower()) == field
    assert question_field("email", kind) == field


@pytest.mark.parametrize("kind", ["CUSTOM", "", None, "A_TYPE_OF_NEXT_YEAR", 5])
def test_without_a_telling_type_the_key_decides(kind):
    assert question_field("email", kind) == "email_from"
    assert question_field("what_is_your_age_group?_(years)", kind) is None


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("full_name", "contact_name"),
        ("first_name", "first_name"),
        ("last_name", "last_name"),
        ("email", "email_from"),
        ("work_email", "email_from"),
        ("phone_number", "phone"),
        ("phone", "phone"),
        ("whatsapp_number", "phone"),
        ("user_provided_phone_number", "phone"),
        ("work_phone_number", "phone"),
        ("street_address", "street"),
        ("address_line_two", "street2"),
        ("city", "city"),
        ("state", "state_id"),
        ("province", "state_id"),
        ("country", "country_id"),
        ("post_code", "zip"),
        ("zip_code", "zip"),
        ("zip", "zip"),
        ("company_name", "partner_name"),
        ("job_title", "function"),
        ("website", "website"),
        ("date_of_birth", None),
        ("gender", None),
        ("FULL_NAME", "contact_name"),
        ("EMAIL", "email_from"),
        ("PHONE", "phone"),
        ("COMPANY_NAME", "partner_name"),
        ("GENDER", None),
    ],
)
def test_english_keys_and_type_names_suggest_a_field(key, field):
    assert question_field(key, None) == field


@pytest.mark.parametrize(
    ("field", "keys"),
    [
        (
            "contact_name",
            "nombre_completo vollständiger_name nom_complet nome_completo "
            "adı_soyadı volledige_naam imię_i_nazwisko",
        ),
        ("first_name", "nombre vorname prénom nome adı voornaam imię"),
        ("last_name", "apellidos nachname nom sobrenome cognome soyadı achternaam"),
        ("last_name", "apellido soyad nazwisko apelido"),
        (
            "email_from",
            "correo_electrónico e-mail-adresse adresse_e-mail e-mail "
            "indirizzo_e-mail e-posta_adresi e-mailadres adres_e-mail",
        ),
        (
            "phone",
            "número_de_teléfono telefonnummer numéro_de_téléphone "
            "número_de_telefone numero_di_telefono telefon_numarası "
            "telefoonnummer numer_telefonu",
        ),
        ("city", "ciudad stadt ville cidade città şehir woonplaats miasto"),
        (
            "street",
            "dirección straße adresse endereço indirizzo adres straat ulica",
        ),
        (
            "zip",
            "código_postal postleitzahl code_postal cep codice_postale "
            "posta_kodu postcode kod_pocztowy",
        ),
        ("state_id", "estado bundesland eyalet область штат província provincia"),
        ("country_id", "país land pays paese ülke kraj"),
        (
            "partner_name",
            "nombre_de_la_empresa name_des_unternehmens nom_de_l'entreprise "
            "nome_da_empresa nome_dell'azienda şirket_adı bedrijfsnaam nazwa_firmy",
        ),
        (
            "function",
            "puesto berufsbezeichnung intitulé_du_poste cargo "
            "posizione_lavorativa iş_unvanı functietitel stanowisko",
        ),
    ],
)
def test_keys_of_forms_in_other_languages_suggest_the_same_field(field, keys):
    assert {key: question_field(key, None) for key in keys.split()} == {
        key: field for key in keys.split()
    }


def test_the_turkish_i_is_the_same_letter_in_both_cases():
    assert question_field("TELEFON_NUMARASI", None) == "phone"
    assert question_field("telefon_numarası", None) == "phone"


@pytest.mark.parametrize(
    "key",
    ["Número_de_Teléfono", "NÚMERO DE TELÉFONO", "nu\u0301mero_de_tele\u0301fono"],
)
def test_case_blanks_and_the_form_of_accents_make_no_difference(key):
    assert question_field(key, "CUSTOM") == "phone"


@pytest.mark.parametrize(
    "key",
    ["", "?", "   ", "email_2nd_choice", "no_email", "my_city_of_dreams", "utm_source"],
)
def test_a_key_that_only_resembles_one_stays_a_note(key):
    assert question_field(key, None) is None


@pytest.mark.parametrize("key", [None, 5, b"email", ["email"], {"key": "email"}])
def test_a_key_that_is_no_text_stays_a_note(key):
    assert question_field(key, None) is None


def test_a_work_address_is_told_apart_from_the_own_one():
    assert question_type("work_email", "CUSTOM") == "WORK_EMAIL"
    assert question_type("geschäftliche_e-mail-adresse", None) == "WORK_EMAIL"
    assert question_type("email", None) == "EMAIL"


def test_every_type_leads_to_a_field_the_callers_know():
    assert set(FIELD_OF_TYPE.values()) == {
        "contact_name",
        "first_name",
        "last_name",
        "email_from",
        "phone",
        "street",
        "street2",
        "city",
        "state_id",
        "country_id",
        "zip",
        "partner_name",
        "function",
        "website",
        None,
    }


def test_a_question_is_read_from_the_forms_node():
    question = Question.from_node(
        {
            "id": "900000000000001",
            "key": "which_size?",
            "label": "Which size?",
            "type": "CUSTOM",
            "options": [
                {"key": "small_(1-5)", "value": "Small (1-5)"},
                {"value": "No key"},
                {"key": "no_label"},
                "junk",
            ],
        }
    )
    assert question == Question(
        "which_size?",
        "Which size?",
        "CUSTOM",
        {"small_(1-5)": "Small (1-5)", "No key": "No key"},
    )


def test_a_question_of_the_authors_own_without_key_answers_under_its_text():
    node = {"type": "CUSTOM", "label": "Which  Size? (EU)"}
    assert Question.from_node(node).key == "which_size?_(eu)"
    assert Question.from_node({"type": "CUSTOM"}).key == "CUSTOM"


def test_a_question_without_key_answers_under_its_types_name():
    assert Question.from_node({"type": "EMAIL"}).key == "EMAIL"


@pytest.mark.parametrize("node", [None, [], "email", {}, {"label": "E-mail"}])
def test_a_node_that_is_no_question_is_refused(node):
    with pytest.raises(ValueError, match="a question"):
        Question.from_node(node)


@pytest.mark.parametrize("options", [None, {}, "x", 5, [None], [[]]])
def test_options_that_are_none_are_none(options):
    node = {"key": "k", "type": "custom", "options": options}
    assert Question.from_node(node) == Question("k", "", "CUSTOM", {})


@pytest.mark.parametrize(
    "keys",
    [
        "имя_и_фамилия электронная_почта номер_телефона город почтовый_индекс компания",
        "họ_và_tên địa_chỉ_email số_điện_thoại thành_phố mã_bưu_điện tên_công_ty",
        "姓名 電子郵件 電話號碼 城市 郵遞區號 公司名稱",
        "姓名 电子邮箱 手机号 所在城市 邮政编码 公司名称",
        "お名前 メールアドレス 電話番号 市区町村 郵便番号 会社名",
        "이름 이메일 전화번호 도시 우편번호 회사명",
        "الاسم_الكامل البريد_الإلكتروني رقم_الهاتف المدينة الرمز_البريدي اسم_الشركة",
        "שם_מלא אימייל טלפון עיר מיקוד חברה",
        "nama_lengkap alamat_email nomor_telepon kota kode_pos perusahaan",
        "ชื่อ-นามสกุล อีเมล เบอร์โทรศัพท์ เมือง รหัสไปรษณีย์ บริษัท",
        "celé_jméno e-mailová_adresa telefonní_číslo město psč společnost",
        "nume_complet adresă_de_e-mail număr_de_telefon oraș cod_poștal companie",
        "teljes_név e-mail-cím telefonszám város irányítószám cégnév",
        "fullständigt_namn e-postadress telefonnummer stad postnummer företagsnamn",
        "ονοματεπώνυμο διεύθυνση_email τηλέφωνο πόλη ταχυδρομικός_κώδικας εταιρεία",
        "пълно_име имейл телефонен_номер град пощенски_код фирма",
        "ime_i_prezime e-mail broj_telefona grad poštanski_broj naziv_tvrtke",
        "पूरा_नाम ईमेल फ़ोन_नंबर शहर पिन_कोड कंपनी_का_नाम",
    ],
)
def test_forms_of_further_languages_fill_the_same_fields(keys):
    wanted = ["contact_name", "email_from", "phone", "city", "zip", "partner_name"]
    assert [question_field(key, "CUSTOM") for key in keys.split()] == wanted


def test_no_key_stands_for_two_types():
    types = {}
    for kind, keys in KEYS_OF_TYPE.items():
        for key in keys.split():
            assert same_key(key)
            assert types.setdefault(same_key(key), kind) == kind, key
