"""The keys that questions of instant forms carry, by Meta's question types.

Meta's form builder makes the keys of prefilled questions from their labels, in the
form's language (issue 217 of Meta's Python SDK shows Spanish and German ones).
"""

from __future__ import annotations

from collections.abc import Mapping

# An English form has the first ones. The others: Spanish, German, French, Portuguese,
# Italian, Turkish, Dutch, Polish; Russian, Ukrainian, Vietnamese, Chinese (traditional
# and simplified), Japanese, Korean, Arabic, Hebrew, Indonesian, Thai, Romanian, Czech,
# Slovak, Hungarian, Swedish, Danish, Norwegian, Finnish, Greek, Hindi; Bulgarian,
# Croatian, Serbian, Slovenian. A word that is a
# first name in one language and a full name in another stands with the first names:
# alone, a first name becomes the contact's name all the same.
KEYS_OF_TYPE: Mapping[str, str] = {
    "FULL_NAME": """
        full_name name your_name contact_name
        nombre_completo nombre_y_apellido nombre_y_apellidos
        vollständiger_name vor-_und_nachname
        nom_complet nom_et_prénom prénom_et_nom
        nome_completo nome_e_sobrenome nome_e_cognome
        tam_ad adı_soyadı ad_soyad ad_ve_soyad isim_soyisim tam_adınız
        adınız_soyadınız
        volledige_naam naam voor-_en_achternaam
        imię_i_nazwisko pełne_imię_i_nazwisko
        имя_и_фамилия фамилия_и_имя полное_имя фио ф.и.о. ваше_имя
        повне_ім'я ім'я_та_прізвище
        họ_và_tên họ_tên tên_đầy_đủ
        姓名 全名 您的姓名 氏名 お名前 名前 フルネーム 성명 이름 전체_이름
        الاسم_الكامل الاسم_بالكامل שם_מלא nama_lengkap nama ชื่อ-นามสกุล ชื่อเต็ม
        nume_complet nume_și_prenume celé_jméno jméno_a_příjmení meno_a_priezvisko
        teljes_név név fullständigt_namn namn fulde_navn fullt_navn navn
        koko_nimi ονοματεπώνυμο पूरा_नाम
        пълно_име име_и_фамилия ime_i_prezime ime_in_priimek""",
    "FIRST_NAME": """
        first_name given_name nombre nombres primer_nombre vorname prénom
        nome primeiro_nome adı isim adınız voornaam imię
        имя ім'я tên 名字 名 الاسم_الأول الاسم שם_פרטי nama_depan ชื่อ ชื่อจริง
        prenume jméno křestní_jméno meno keresztnév utónév förnamn fornavn etunimi
        όνομα पहला_नाम име ime""",
    "LAST_NAME": """
        last_name surname family_name apellido apellidos nachname familienname
        nom nom_de_famille sobrenome apelido cognome
        soyad soyadı soyisim soyadınız achternaam familienaam nazwisko
        фамилия прізвище họ 姓 姓氏 苗字 성 اسم_العائلة اللقب שם_משפחה nama_belakang
        นามสกุล nume nume_de_familie příjmení priezvisko vezetéknév családnév
        efternamn etternavn sukunimi επώνυμο उपनाम अंतिम_नाम prezime priimek""",
    "EMAIL": """
        email e-mail email_address e-mail_address mail your_email
        correo correo_electrónico dirección_de_correo_electrónico
        e-mail-adresse mailadresse
        adresse_e-mail adresse_email adresse_électronique adresse_mail courriel
        endereço_de_email correio_eletrónico
        indirizzo_e-mail indirizzo_email posta_elettronica
        e-posta e-posta_adresi e-posta_adresiniz
        e-mailadres emailadres adres_e-mail adres_email
        электронная_почта эл._почта адрес_электронной_почты электронный_адрес почта
        электронна_пошта електронна_пошта email-адрес
        địa_chỉ_email thư_điện_tử
        電子郵件 電子郵件地址 電子信箱 電郵 信箱 电子邮件 电子邮件地址 电子邮箱 邮箱
        メールアドレス メール eメール 이메일 이메일_주소
        البريد_الإلكتروني البريد_الالكتروني عنوان_البريد_الإلكتروني דוא"ל
        דואר_אלקטרוני
        אימייל alamat_email surel อีเมล ที่อยู่อีเมล
        adresă_de_e-mail adresa_de_email adresă_de_email emailová_adresa
        e-mailová_adresa e-mail-cím e-mail_cím email_cím e-postadress e-postadresse
        e-mailadresse e-post sähköposti sähköpostiosoite διεύθυνση_email
        διεύθυνση_e-mail ईमेल ईमेल_पता имейл имейл_адрес""",
    "WORK_EMAIL": """
        work_email business_email
        correo_electrónico_de_trabajo correo_electrónico_laboral correo_corporativo
        geschäftliche_e-mail-adresse e-mail-adresse_(geschäftlich)
        e-mail_professionnel adresse_e-mail_professionnelle
        email_comercial email_corporativo email_profissional
        e-mail_di_lavoro email_aziendale e-mail_aziendale
        iş_e-postası iş_e-posta_adresi zakelijk_e-mailadres
        służbowy_adres_e-mail
        рабочая_электронная_почта рабочий_email email_công_việc
        公司電子郵件 工作電子郵件 工作电子邮件 工作邮箱 勤務先のメールアドレス
        회사_이메일 البريد_الإلكتروني_للعمل email_kantor email_bisnis pracovní_e-mail
        e-mail_profesional munkahelyi_e-mail arbetsmejl""",
    "PHONE": """
        phone_number phone telephone mobile mobile_number mobile_phone cell_phone
        número_de_teléfono teléfono móvil celular número_de_celular
        telefonnummer telefon handynummer mobilnummer
        numéro_de_téléphone téléphone numéro_de_portable
        número_de_telefone telefone telemóvel
        numero_di_telefono telefono cellulare numero_di_cellulare
        telefon_numarası telefon_numaranız cep_telefonu cep_telefonu_numarası
        telefoonnummer telefoon mobiel mobiel_nummer
        numer_telefonu telefon_komórkowy
        телефон номер_телефона мобильный_телефон контактный_телефон моб._телефон
        номер_телефону
        số_điện_thoại điện_thoại sđt
        電話 電話號碼 手機 手機號碼 聯絡電話 行動電話 电话 电话号码 手机 手机号
        手机号码
        联系电话 電話番号 携帯電話番号 전화번호 전화 휴대폰_번호 연락처
        رقم_الهاتف الهاتف رقم_الجوال الجوال رقم_الموبايل טלפון מספר_טלפון נייד
        nomor_telepon no._telepon telepon no_hp nomor_hp
        หมายเลขโทรศัพท์ เบอร์โทรศัพท์ เบอร์โทร
        număr_de_telefon telefonní_číslo telefónne_číslo telefonszám
        puhelinnumero puhelin τηλέφωνο αριθμός_τηλεφώνου
        फोन_नंबर फ़ोन_नंबर मोबाइल_नंबर
        телефонен_номер broj_telefona telefonska_številka""",
    "WORK_PHONE_NUMBER": """
        work_phone_number work_phone business_phone
        teléfono_del_trabajo número_de_teléfono_del_trabajo
        geschäftliche_telefonnummer téléphone_professionnel
        telefone_comercial telefono_aziendale iş_telefonu
        zakelijk_telefoonnummer telefon_służbowy
        рабочий_телефон số_điện_thoại_công_việc 公司電話 工作電話 工作电话
        勤務先の電話番号 회사_전화번호 هاتف_العمل telepon_kantor""",
    "WHATSAPP_NUMBER": """
        whatsapp_number whatsapp número_de_whatsapp whatsapp-nummer numéro_whatsapp
        numero_whatsapp numero_di_whatsapp whatsapp_numarası numer_whatsapp
        номер_whatsapp số_whatsapp whatsapp_號碼 whatsapp_号码 رقم_واتساب رقم_الواتساب
        واتساب nomor_whatsapp no_wa nomor_wa""",
    "USER_PROVIDED_PHONE_NUMBER": "user_provided_phone_number",
    "STREET_ADDRESS": """
        street_address street address
        dirección calle domicilio straße adresse anschrift straße_und_hausnummer
        adresse_postale rue endereço rua morada indirizzo
        adres adresiniz açık_adres sokak_adresi adres_(ulica) straat straatnaam ulica
        straat_en_huisnummer
        адрес улица адреса địa_chỉ 地址 街道地址 聯絡地址 详细地址 住所 주소
        العنوان عنوان_الشارع כתובת alamat alamat_jalan ที่อยู่
        adresă adresa ulice cím utca gatuadress adress gateadresse katuosoite
        διεύθυνση पता""",
    "ADDRESS_LINE_TWO": "address_line_two address_line_2 street2",
    "CITY": """
        city town ciudad localidad stadt ort wohnort ville cidade localidade
        città comune şehir şehriniz stad plaats woonplaats miasto miejscowość
        город місто населённый_пункт thành_phố tỉnh/thành_phố tỉnh_thành
        城市 縣市 居住城市 居住縣市 所在城市 市区町村 都市 도시
        المدينة עיר kota เมือง oraș oras město mesto város kaupunki πόλη शहर
        град grad""",
    "STATE": """
        state estado bundesland eyalet область штат 州 الولاية""",
    "PROVINCE": """
        province provincia región région regione provincie województwo
        провинция регион край tỉnh 省份 省 都道府県 المحافظة المنطقة provinsi จังหวัด
        județ judet kraj_(region) megye""",
    "COUNTRY": """
        country país land pays paese ülke ülkeniz kraj
        страна країна quốc_gia 國家 国家 国 国/地域 국가 الدولة البلد מדינה negara
        ประเทศ
        țară tara země krajina ország land maa χώρα देश
        държава država""",
    "POST_CODE": """
        post_code postcode postal_code código_postal postleitzahl plz code_postal
        cep codice_postale cap codice_di_avviamento_postale posta_kodu kod_pocztowy
        почтовый_индекс индекс поштовий_індекс mã_bưu_chính mã_bưu_điện
        郵遞區號 邮政编码 邮编 郵便番号 우편번호 الرمز_البريدي מיקוד kode_pos
        รหัสไปรษณีย์ cod_poștal cod_postal psč irányítószám postnummer postinumero
        ταχυδρομικός_κώδικας पिन_कोड пощенски_код poštanski_broj""",
    "ZIP": "zip zip_code zipcode",
    "COMPANY_NAME": """
        company_name company business_name organization organisation
        nombre_de_la_empresa nombre_de_empresa empresa compañía
        name_des_unternehmens unternehmen unternehmensname firma firmenname
        nom_de_l'entreprise nom_de_l’entreprise entreprise société
        nome_da_empresa nome_dell'azienda nome_dell’azienda azienda
        şirket_adı şirket firma_adı bedrijfsnaam bedrijf
        nazwa_firmy nazwa_przedsiębiorstwa
        название_компании компания организация название_организации назва_компанії
        tên_công_ty công_ty 公司名稱 公司 公司名称 企业名称 会社名 企業名 회사명
        회사_이름
        اسم_الشركة الشركة שם_החברה חברה nama_perusahaan perusahaan ชื่อบริษัท บริษัท
        numele_companiei companie nume_companie název_společnosti společnost
        názov_spoločnosti
        cégnév cég företagsnamn företag firmanavn virksomhed bedrift yrityksen_nimi
        yritys επωνυμία_εταιρείας εταιρεία कंपनी_का_नाम фирма naziv_tvrtke""",
    "JOB_TITLE": """
        job_title position
        cargo puesto puesto_de_trabajo berufsbezeichnung jobtitel beruf
        poste intitulé_du_poste fonction função profissão
        posizione_lavorativa qualifica ruolo professione
        iş_unvanı unvan meslek functie functietitel stanowisko stanowisko_pracy
        должность посада chức_danh chức_vụ nghề_nghiệp 職稱 職位 职位 职务 職業
        役職 직책
        직함 المسمى_الوظيفي الوظيفة תפקיד jabatan ตำแหน่ง ตำแหน่งงาน funcție
        pracovní_pozice pozice munkakör beosztás jobbtitel befattning stilling
        ammattinimike θέση_εργασίας पद""",
    "WEBSITE": """
        website web_site sitio_web página_web webseite site_web sito_web
        sito_internet web_sitesi strona_internetowa
        веб-сайт сайт trang_web 網站 网站 網址 ウェブサイト 웹사이트
        الموقع_الإلكتروني אתר
        situs_web เว็บไซต์ webové_stránky weboldal webbplats hjemmeside
        nettsted verkkosivusto ιστότοπος वेबसाइट""",
}
