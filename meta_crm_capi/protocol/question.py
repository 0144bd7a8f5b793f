"""The questions of an instant form, and the field of a lead each one suggests."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .text import scalar_text

# Meta's question types (Meta: Page, Leadgen forms) with the crm.lead field they fill.
# None: there is no such field, the answer is kept as a note. `first_name` and
# `last_name` are no fields either: the two are joined into the contact's name.
FIELD_OF_TYPE: Mapping[str, str | None] = {
    "FULL_NAME": "contact_name",
    "FIRST_NAME": "first_name",
    "LAST_NAME": "last_name",
    "EMAIL": "email_from",
    "WORK_EMAIL": "email_from",
    "PHONE": "phone",
    "PHONE_OTP": "phone",
    "WORK_PHONE_NUMBER": "phone",
    "WHATSAPP_NUMBER": "phone",
    "USER_PROVIDED_PHONE_NUMBER": "phone",
    "STREET_ADDRESS": "street",
    "ADDRESS_LINE_TWO": "street2",
    "CITY": "city",
    "STATE": "state_id",
    "PROVINCE": "state_id",
    "COUNTRY": "country_id",
    "POST_CODE": "zip",
    "ZIP": "zip",
    "COMPANY_NAME": "partner_name",
    "JOB_TITLE": "function",
    "WEBSITE": "website",
    "DATE_TIME": None,
    "DOB": None,
    "EDUCATION_LEVEL": None,
    "EMAIL_ALIAS": None,
    "FACEBOOK_LEAD_ID": None,
    "GENDER": None,
    "ID_AR_DNI": None,
    "ID_CL_RUT": None,
    "ID_CO_CC": None,
    "ID_CPF": None,
    "ID_EC_CI": None,
    "ID_MX_RFC": None,
    "ID_PE_DNI": None,
    "JOIN_CODE": None,
    "LICENSE_PLATE": None,
    "MARITIAL_STATUS": None,
    "MESSENGER": None,
    "MILITARY_STATUS": None,
    "RELATIONSHIP_STATUS": None,
    "SLIDER": None,
    "STORE_LOOKUP": None,
    "STORE_LOOKUP_WITH_TYPEAHEAD": None,
    "THREAD_LINK": None,
    "VIN": None,
}

# These fill their field only where the person's own e-mail or phone is not given.
SECOND_CHOICE = frozenset(
    {"WORK_EMAIL", "WORK_PHONE_NUMBER", "WHATSAPP_NUMBER", "USER_PROVIDED_PHONE_NUMBER"}
)

# Keys that forms carry, by the type they stand for. An English form has the first ones;
# a form made in another language has keys in that language (Spanish, German, French,
# Portuguese, Italian, Turkish, Dutch, Polish). A word that is a first name in one
# language and a full name in another stands with the first names: alone, a first name
# becomes the contact's name all the same.
_KEYS_OF_TYPE = {
    "FULL_NAME": """
        full_name name your_name contact_name
        nombre_completo nombre_y_apellido nombre_y_apellidos
        vollständiger_name vor-_und_nachname
        nom_complet nom_et_prénom prénom_et_nom
        nome_completo nome_e_sobrenome nome_e_cognome
        tam_ad adı_soyadı ad_soyad ad_ve_soyad isim_soyisim tam_adınız adınız_soyadınız
        volledige_naam naam voor-_en_achternaam
        imię_i_nazwisko pełne_imię_i_nazwisko""",
    "FIRST_NAME": """
        first_name given_name nombre nombres primer_nombre vorname prénom
        nome primeiro_nome adı isim adınız voornaam imię""",
    "LAST_NAME": """
        last_name surname family_name apellido apellidos nachname familienname
        nom nom_de_famille sobrenome apelido cognome
        soyad soyadı soyisim soyadınız achternaam familienaam nazwisko""",
    "EMAIL": """
        email e-mail email_address e-mail_address mail your_email
        correo correo_electrónico dirección_de_correo_electrónico
        e-mail-adresse mailadresse
        adresse_e-mail adresse_email adresse_électronique adresse_mail courriel
        endereço_de_email correio_eletrónico
        indirizzo_e-mail indirizzo_email posta_elettronica
        e-posta e-posta_adresi e-posta_adresiniz
        e-mailadres emailadres adres_e-mail adres_email""",
    "WORK_EMAIL": """
        work_email business_email
        correo_electrónico_de_trabajo correo_electrónico_laboral correo_corporativo
        geschäftliche_e-mail-adresse e-mail-adresse_(geschäftlich)
        e-mail_professionnel adresse_e-mail_professionnelle
        email_comercial email_corporativo email_profissional
        e-mail_di_lavoro email_aziendale e-mail_aziendale
        iş_e-postası iş_e-posta_adresi zakelijk_e-mailadres
        służbowy_adres_e-mail""",
    "PHONE": """
        phone_number phone telephone mobile mobile_number mobile_phone cell_phone
        número_de_teléfono teléfono móvil celular número_de_celular
        telefonnummer telefon handynummer mobilnummer
        numéro_de_téléphone téléphone numéro_de_portable
        número_de_telefone telefone telemóvel
        numero_di_telefono telefono cellulare numero_di_cellulare
        telefon_numarası telefon_numaranız cep_telefonu cep_telefonu_numarası
        telefoonnummer telefoon mobiel mobiel_nummer
        numer_telefonu telefon_komórkowy""",
    "WORK_PHONE_NUMBER": """
        work_phone_number work_phone business_phone
        teléfono_del_trabajo número_de_teléfono_del_trabajo
        geschäftliche_telefonnummer téléphone_professionnel
        telefone_comercial telefono_aziendale iş_telefonu
        zakelijk_telefoonnummer telefon_służbowy""",
    "WHATSAPP_NUMBER": """
        whatsapp_number whatsapp número_de_whatsapp whatsapp-nummer numéro_whatsapp
        numero_whatsapp numero_di_whatsapp whatsapp_numarası numer_whatsapp""",
    "USER_PROVIDED_PHONE_NUMBER": "user_provided_phone_number",
    "STREET_ADDRESS": """
        street_address street address
        dirección calle domicilio straße adresse anschrift straße_und_hausnummer
        adresse_postale rue endereço rua morada indirizzo
        adres adresiniz açık_adres sokak_adresi adres_(ulica) straat straatnaam ulica
        straat_en_huisnummer""",
    "ADDRESS_LINE_TWO": "address_line_two address_line_2 street2",
    "CITY": """
        city town ciudad localidad stadt ort wohnort ville cidade localidade
        città comune şehir şehriniz stad plaats woonplaats miasto miejscowość""",
    "STATE": "state estado bundesland eyalet",
    "PROVINCE": "province provincia región région regione provincie województwo",
    "COUNTRY": "country país land pays paese ülke ülkeniz kraj",
    "POST_CODE": """
        post_code postcode postal_code código_postal postleitzahl plz code_postal
        cep codice_postale cap codice_di_avviamento_postale posta_kodu kod_pocztowy""",
    "ZIP": "zip zip_code zipcode",
    "COMPANY_NAME": """
        company_name company business_name organization organisation
        nombre_de_la_empresa nombre_de_empresa empresa compañía
        name_des_unternehmens unternehmen unternehmensname firma firmenname
        nom_de_l'entreprise nom_de_l’entreprise entreprise société
        nome_da_empresa nome_dell'azienda nome_dell’azienda azienda
        şirket_adı şirket firma_adı bedrijfsnaam bedrijf
        nazwa_firmy nazwa_przedsiębiorstwa""",
    "JOB_TITLE": """
        job_title position
        cargo puesto puesto_de_trabajo berufsbezeichnung jobtitel beruf
        poste intitulé_du_poste fonction função profissão
        posizione_lavorativa qualifica ruolo professione
        iş_unvanı unvan meslek functie functietitel stanowisko stanowisko_pracy""",
    "WEBSITE": """
        website web_site sitio_web página_web webseite site_web sito_web
        sito_internet web_sitesi strona_internetowa""",
}


@dataclass(frozen=True)
class Question:
    """One question of a form: the key its answers carry, and how people read it.

    `type` is Meta's, upper-case, "" where unknown. `options` gives the label of each
    choice by the key that answers carry.
    """

    key: str
    label: str
    type: str
    options: Mapping[str, str] = field(default_factory=dict, hash=False)

    @classmethod
    def from_node(cls, node: Mapping[str, Any]) -> Question:
        """Read one item of a form's `questions` (Meta: Leadgen form, questions).

        A question made over the API without a key answers under its type's name.
        ValueError where there is neither.
        """
        if not isinstance(node, Mapping):
            raise ValueError("a question that is not an object")
        kind = (scalar_text(node.get("type")) or "").upper()
        key = scalar_text(node.get("key")) or kind
        if not key:
            raise ValueError("a question without key and type")
        return cls(
            key=key,
            label=scalar_text(node.get("label")) or "",
            type=kind,
            options=_options(node.get("options")),
        )


def question_field(key: str, type: str | None) -> str | None:
    """Return the crm.lead field that a question suggests, or None: keep it as a note.

    The type decides where Meta gives one, else the key: an exact English key, a type's
    name, or a key in one of the languages that forms are made in. `first_name` and
    `last_name` are to be joined into `contact_name`.
    """
    return FIELD_OF_TYPE.get(question_type(key, type) or "")


def question_type(key: str, type: str | None) -> str | None:
    """Return the type that a question has or, by its key, seems to have; else None."""
    given = (scalar_text(type) or "").upper()
    if given in FIELD_OF_TYPE:
        return given
    name = scalar_text(key) or ""
    if name.upper() in FIELD_OF_TYPE:
        return name.upper()
    return _TYPE_OF_KEY.get(same_key(name))


def same_key(key: str) -> str:
    """Return a key without what differs between spellings: case, accents, separators.

    >>> same_key("E-Mail-Adresse")
    'e_mail_adresse'
    """
    text = unicodedata.normalize("NFKD", key.casefold()).replace("ı", "i")
    text = "".join(c for c in text if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "_", text).strip("_")


def _options(nodes: Any) -> dict[str, str]:
    options = {}
    for node in nodes if isinstance(nodes, list) else ():
        if isinstance(node, Mapping):
            label = scalar_text(node.get("value"))
            key = scalar_text(node.get("key")) or label
            if key and label:
                options[key] = label
    return options


_TYPE_OF_KEY = {
    same_key(key): kind for kind, keys in _KEYS_OF_TYPE.items() for key in keys.split()
}
