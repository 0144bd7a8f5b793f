"""Countries by the names that people write: English, own, and the forms' languages."""

from __future__ import annotations

from functools import cache

from .text import folded, plain

# ISO 3166-1 code, its three-letter form, then names: English, Spanish, German, French,
# Portuguese, Italian, Turkish, Dutch, Polish and the country's own, where they differ
# by more than accents. A line that begins with a space goes on with the one above.
_COUNTRIES = """
AD AND Andorra; Andorre; Andora
AE ARE United Arab Emirates; UAE; Emirates; Emiratos Árabes Unidos; Vereinigte Arabische
   Emirate; Émirats arabes unis; Emirados Árabes Unidos; Emirati Arabi Uniti; Birleşik
   Arap Emirlikleri; Verenigde Arabische Emiraten; Zjednoczone Emiraty Arabskie;
   الإمارات العربية المتحدة
AF AFG Afghanistan; Afganistán; Afeganistão; افغانستان
AG ATG Antigua & Barbuda; Antigua and Barbuda; Antigua y Barbuda; Antigua und Barbuda;
   Antigua-et-Barbuda; Antígua e Barbuda; Antigua ve Barbuda; Antigua en Barbuda;
   Antigua i Barbuda
AI AIA Anguilla; Anguila
AL ALB Albania; Albanien; Albanie; Arnavutluk; Shqipëri
AM ARM Armenia; Armenien; Arménie; Ermenistan; Հայաստան
AO AGO Angola
AQ ATA Antarctica
AR ARG Argentina; Argentinien; Argentine; Arjantin; Argentinië; Argentyna
AS ASM American Samoa; Samoa Americana; Amerikanisch-Samoa; Samoa américaines; Samoa
   Americane; Amerikan Samoası; Amerikaans-Samoa; Samoa Amerykańskie
AT AUT Austria; Österreich; Autriche; Avusturya; Oostenrijk
AU AUS Australia; Australien; Australie; Avustralya
AW ABW Aruba
AX ALA Åland Islands; Islas Aland; Ålandinseln; Îles Åland; Ilhas Aland; Isole Åland;
   Åland Adaları; Åland; Wyspy Alandzkie
AZ AZE Azerbaijan; Azerbaiyán; Aserbaidschan; Azerbaïdjan; Azerbaijão; Azerbaigian;
   Azerbaycan; Azerbeidzjan; Azerbejdżan; Azərbaycan; Азәрбајҹан
BA BIH Bosnia & Herzegovina; Bosnia and Herzegovina; Bosnia y Herzegovina; Bosnien und
   Herzegowina; Bosnie-Herzégovine; Bósnia e Herzegovina; Bosnia ed Erzegovina;
   Bosna-Hersek; Bosnië en Herzegovina; Bośnia i Hercegowina; Босна и Херцеговина; Bosna
   i Hercegovina
BB BRB Barbados; Barbade
BD BGD Bangladesh; Bangladés; Bangladesch; Bangladesz; বাংলাদেশ
BE BEL Belgium; Bélgica; Belgien; Belgique; Belgio; Belçika; België; Belgia
BF BFA Burkina Faso; Burquina Faso
BG BGR Bulgaria; Bulgarien; Bulgarie; Bulgaristan; Bulgarije; Bułgaria; България
BH BHR Bahrain; Baréin; Bahreïn; Bahreyn; Bahrajn; البحرين
BI BDI Burundi; Uburundi
BJ BEN Benin
BL BLM St. Barthélemy; Saint Barthélemy; San Bartolomé; São Bartolomeu
BM BMU Bermuda; Bermudas; Bermudes; Bermudy
BN BRN Brunei; Brunei Darussalam; بروني
BO BOL Bolivia; Bolivien; Bolivie; Bolivya; Boliwia
BQ BES Caribbean Netherlands; Caribe neerlandés; Karibische Niederlande; Pays-Bas
   caribéens; Países Baixos Caribenhos; Caraibi Olandesi; Karayip Hollandası; Caribisch
   Nederland; Niderlandy Karaibskie
BR BRA Brazil; Brasil; Brasilien; Brésil; Brasile; Brezilya; Brazilië; Brazylia
BS BHS Bahamas; The Bahamas; Bahamalar; Bahamy
BT BTN Bhutan; Bután; Bhoutan; Butão; འབྲུག
BV BVT Bouvet Island
BW BWA Botswana; Botsuana; Botsvana
BY BLR Belarus; Belorussia; Bielorrusia; Biélorussie; Bielorrússia; Bielorussia;
   Białoruś; Беларусь
BZ BLZ Belize; Belice
CA CAN Canada; Kanada
CC CCK Cocos (Keeling) Islands
CD COD Congo - Kinshasa; DR Congo; DRC; Democratic Republic of the Congo; República
   Democrática del Congo; Kongo-Kinshasa; Kongo - Kinşasa; Demokratyczna Republika Konga
CF CAF Central African Republic; República Centroafricana; Zentralafrikanische Republik;
   République centrafricaine; Repubblica Centrafricana; Orta Afrika Cumhuriyeti;
   Centraal-Afrikaanse Republiek; Republika Środkowoafrykańska; Ködörösêse tî Bêafrîka
CG COG Congo - Brazzaville; Congo; Republic of the Congo; Kongo-Brazzaville; República
   do Congo; Kongo - Brazavil; Kongo
CH CHE Switzerland; Helvetia; Suiza; Schweiz; Suisse; Suíça; Svizzera; İsviçre;
   Zwitserland; Szwajcaria
CI CIV Côte d’Ivoire; Ivory Coast; Costa de Marfil; Elfenbeinküste; Costa do Marfim;
   Costa d’Avorio; Ivoorkust
CK COK Cook Islands; Islas Cook; Cookinseln; Îles Cook; Ilhas Cook; Isole Cook; Cook
   Adaları; Cookeilanden; Wyspy Cooka
CL CHL Chile; Chili; Cile; Şili
CM CMR Cameroon; Camerún; Kamerun; Cameroun; Camarões; Kameroen
CN CHN China; Chine; Cina; Çin; Chiny; 中国
CO COL Colombia; Kolumbien; Colombie; Kolombiya; Kolumbia
CR CRI Costa Rica; Kosta Rika; Kostaryka
CU CUB Cuba; Kuba
CV CPV Cape Verde; Cabo Verde; Cap-Vert; Capo Verde; Kaapverdië; Republika Zielonego
   Przylądka
CW CUW Curaçao; Curazao
CX CXR Christmas Island
CY CYP Cyprus; Chipre; Zypern; Chypre; Cipro; Kıbrıs; Cypr; Κύπρος
CZ CZE Czechia; Czech Republic; República Checa; Tschechische Republik; République
   tchèque; Repubblica Ceca; Chequia; Tschechien; Tchéquie; Tchéquia; Cechia; Çekya;
   Tsjechië; Czechy; Česko
DE DEU Germany; Alemania; Deutschland; Allemagne; Alemanha; Germania; Almanya;
   Duitsland; Niemcy
DJ DJI Djibouti; Yibuti; Dschibuti; Djibuti; Gibuti; Cibuti; Dżibuti; جيبوتي
DK DNK Denmark; Dinamarca; Dänemark; Danimarca; Danimarka; Denemarken; Dania; Danmark
DM DMA Dominica; Dominique; Dominika
DO DOM Dominican Republic; República Dominicana; Dominikanische Republik; République
   dominicaine; Repubblica Dominicana; Dominik Cumhuriyeti; Dominicaanse Republiek;
   Dominikana
DZ DZA Algeria; Argelia; Algerien; Algérie; Cezayir; Algerije; Algieria; الجزائر
EC ECU Ecuador; Équateur; Equador; Ekvador; Ekwador
EE EST Estonia; Estland; Estonie; Estonya; Eesti
EG EGY Egypt; Egipto; Ägypten; Égypte; Egito; Egitto; Mısır; Egipt; مصر
EH ESH Western Sahara; Sáhara Occidental; Westsahara; Saara Ocidental; Sahara
   Occidentale; Batı Sahra; Westelijke Sahara; Sahara Zachodnia; الصحراء الغربية
ER ERI Eritrea; Érythrée; Eritreia; Eritre; Erytrea; إريتريا
ES ESP Spain; España; Spanien; Espagne; Espanha; Spagna; İspanya; Spanje; Hiszpania
ET ETH Ethiopia; Etiopía; Äthiopien; Éthiopie; Etiyopya; ኢትዮጵያ
FI FIN Finland; Finlandia; Finnland; Finlande; Finlandiya; Suomi
FJ FJI Fiji; Fiyi; Fidschi; Fidji; Figi; Fidżi
FK FLK Falkland Islands; Falkland Islands (Malvinas); Islas Malvinas; Falklandinseln;
   Îles Malouines; Ilhas Malvinas; Isole Falkland; Falkland Adaları; Falklandeilanden;
   Falklandy
FM FSM Micronesia; Mikronesien; Micronésie; Mikronezya; Mikronezja
FO FRO Faroe Islands; Islas Feroe; Färöer; Îles Féroé; Ilhas Faroé; Isole Fær Øer; Faroe
   Adaları; Faeröer; Wyspy Owcze; Føroyar
FR FRA France; Francia; Frankreich; França; Fransa; Frankrijk; Francja
GA GAB Gabon; Gabun; Gabão
GB GBR United Kingdom; UK; Great Britain; Britain; England; Scotland; Wales; Northern
   Ireland; Großbritannien; Inglaterra; Grande-Bretagne; Gran Bretagna; Gran Bretaña;
   İngiltere; Reino Unido; Vereinigtes Königreich; Royaume-Uni; Regno Unito; Birleşik
   Krallık; Verenigd Koninkrijk; Wielka Brytania
GD GRD Grenada; Granada; Grenade
GE GEO Georgia; Georgien; Géorgie; Gürcistan; Gruzja; საქართველო
GF GUF French Guiana; Guayana Francesa; Französisch-Guayana; Guyane française; Guiana
   Francesa; Guyana Francese; Fransız Guyanası; Frans-Guyana; Gujana Francuska
GG GGY Guernsey; Guernesey
GH GHA Ghana; Gana
GI GIB Gibraltar; Gibilterra; Cebelitarık
GL GRL Greenland; Groenlandia; Grönland; Groenland; Grenlandia; Kalaallit Nunaat
GM GMB Gambia; The Gambia; Gambie; Gambiya
GN GIN Guinea; Guinée; Guiné; Gine; Gwinea
GP GLP Guadeloupe; Guadalupe; Guadalupa; Gwadelupa
GQ GNQ Equatorial Guinea; Guinea Ecuatorial; Äquatorialguinea; Guinée équatoriale; Guiné
   Equatorial; Guinea Equatoriale; Ekvator Ginesi; Equatoriaal-Guinea; Gwinea Równikowa
GR GRC Greece; EL; Hellas; Grecia; Griechenland; Grèce; Yunanistan; Griekenland; Grecja;
   Ελλάδα
GS SGS South Georgia and South Sandwich Islands; South Georgia and the South Sandwich
   Islands
GT GTM Guatemala; Gwatemala
GU GUM Guam
GW GNB Guinea-Bissau; Guinea-Bisáu; Guinée-Bissau; Guiné-Bissau; Gine-Bissau; Gwinea
   Bissau
GY GUY Guyana; Guiana; Gujana
HK HKG Hong Kong; 香港
HM HMD Heard and McDonald Islands; Heard Island and McDonald Islands
HN HND Honduras
HR HRV Croatia; Croacia; Kroatien; Croatie; Croazia; Hırvatistan; Kroatië; Chorwacja;
   Hrvatska
HT HTI Haiti
HU HUN Hungary; Hungría; Ungarn; Hongrie; Ungheria; Macaristan; Hongarije; Węgry;
   Magyarország
ID IDN Indonesia; Indonesien; Indonésie; Endonezya; Indonezja
IE IRL Ireland; Éire; Republic of Ireland; Irlanda; Irland; Irlande; Ierland; Irlandia
IL ISR Israel; Israele; İsrail; Izrael; ישראל; إسرائيل
IM IMN Isle of Man; Isla de Man; Île de Man; Ilha de Man; Isola di Man; Man Adası; Wyspa
   Man; Ellan Vannin
IN IND India; Indien; Inde; Hindistan; Indie; भारत
IO IOT British Indian Ocean Territory
IQ IRQ Iraq; Irak; Iraque; العراق
IR IRN Iran; Persia; Irã; ایران
IS ISL Iceland; Islandia; Island; Islande; Islanda; İzlanda; IJsland
IT ITA Italy; Italia; Italien; Italie; İtalya; Włochy
JE JEY Jersey
JM JAM Jamaica; Jamaika; Jamaïque; Giamaica; Jamajka
JO JOR Jordan; Jordania; Jordanien; Jordanie; Giordania; Ürdün; الأردن
JP JPN Japan; Japón; Japão; Giappone; Japonya; Japonia; 日本
KE KEN Kenya; Kenia; Quênia
KG KGZ Kyrgyzstan; Kirguistán; Kirgisistan; Kirghizstan; Quirguistão; Kirghizistan;
   Kırgızistan; Kirgizië; Kirgistan; Кыргызстан; Киргизия
KH KHM Cambodia; Camboya; Kambodscha; Cambodge; Camboja; Cambogia; Kamboçya; Cambodja;
   Kambodża; កម្ពុជា
KI KIR Kiribati; Quiribati
KM COM Comoros; Comoras; Komoren; Comores; Comore; Komorlar; Comoren; Komory; جزر القمر
KN KNA St. Kitts & Nevis; Saint Kitts and Nevis; San Cristóbal y Nieves; St. Kitts und
   Nevis; Saint-Christophe-et-Niévès; São Cristóvão e Névis; Saint Kitts e Nevis; Saint
   Kitts ve Nevis; Saint Kitts en Nevis; Saint Kitts i Nevis
KP PRK North Korea; Corea del Norte; Nordkorea; Corée du Nord; Coreia do Norte; Corea
   del Nord; Kuzey Kore; Noord-Korea; Korea Północna; 북한
KR KOR South Korea; Korea; Corea del Sur; Südkorea; Corée du Sud; Coreia do Sul; Corea
   del Sud; Güney Kore; Zuid-Korea; Korea Południowa; 대한민국
KW KWT Kuwait; Koweït; Kuveyt; Koeweit; Kuwejt; الكويت
KY CYM Cayman Islands; Islas Caimán; Kaimaninseln; Îles Caïmans; Ilhas Cayman; Isole
   Cayman; Cayman Adaları; Kaaimaneilanden; Kajmany
KZ KAZ Kazakhstan; Kazajistán; Kasachstan; Cazaquistão; Kazakistan; Kazachstan;
   Казахстан; Қазақстан
LA LAO Laos; Lao People's Democratic Republic; ລາວ
LB LBN Lebanon; Líbano; Libanon; Liban; Lübnan; لبنان
LC LCA St. Lucia; Saint Lucia; Santa Lucía; Sainte-Lucie
LI LIE Liechtenstein
LK LKA Sri Lanka; Ceylon; ශ්‍රී ලංකාව; இலங்கை
LR LBR Liberia; Liberya
LS LSO Lesotho; Lesoto
LT LTU Lithuania; Lituania; Litauen; Lituanie; Litvanya; Litouwen; Litwa; Lietuva
LU LUX Luxembourg; Luxemburgo; Luxemburg; Lussemburgo; Lüksemburg; Lëtzebuerg
LV LVA Latvia; Letonia; Lettland; Lettonie; Lettonia; Letonya; Letland; Łotwa; Latvija
LY LBY Libya; Libia; Libyen; Libye; Libië; ليبيا
MA MAR Morocco; Marruecos; Marokko; Maroc; Marrocos; Marocco; Fas; Maroko; المغرب;
   Meṛṛuk
MC MCO Monaco; Monako
MD MDA Moldova; Moldavia; Republik Moldau; Moldavie; Mołdawia; Republica Moldova
ME MNE Montenegro; Karadağ; Czarnogóra; Crna Gora
MF MAF St. Martin; Saint Martin (French part); San Martín; Saint-Martin; São Martinho
MG MDG Madagascar; Madagaskar; Madagasikara
MH MHL Marshall Islands; Islas Marshall; Marshallinseln; Îles Marshall; Ilhas Marshall;
   Isole Marshall; Marshall Adaları; Marshalleilanden; Wyspy Marshalla
MK MKD North Macedonia; Macedonia; Macedonia del Norte; Nordmazedonien; Macédoine du
   Nord; Macedônia do Norte; Macedonia del Nord; Kuzey Makedonya; Noord-Macedonië;
   Macedonia Północna; Северна Македонија
ML MLI Mali
MM MMR Myanmar (Burma); Myanmar; Burma; Birma; Mianmar; Mjanma; မြန်မာ
MN MNG Mongolia; Mongolei; Mongolie; Moğolistan; Монгол
MO MAC Macao; Macau; 澳門
MP MNP Northern Mariana Islands; Islas Marianas del Norte; Nördliche Marianen; Îles
   Mariannes du Nord; Ilhas Marianas do Norte; Isole Marianne Settentrionali; Kuzey
   Mariana Adaları; Noordelijke Marianen; Mariany Północne
MQ MTQ Martinique; Martinica; Martinik; Martynika
MR MRT Mauritania; Mauretanien; Mauritanie; Moritanya; Mauretania; موريتانيا
MS MSR Montserrat
MT MLT Malta; Malte
MU MUS Mauritius; Mauricio; Maurice
MV MDV Maldives; Maldivas; Malediven; Maldive; Maldivler; Maldiven; Malediwy; ދިވެހި
   ރާއްޖެ
MW MWI Malawi; Malaui; Malavi
MX MEX Mexico; Mexiko; Mexique; Messico; Meksika; Meksyk
MY MYS Malaysia; Malasia; Malaisie; Malezya; Maleisië; Malezja
MZ MOZ Mozambique; Mosambik; Moçambique; Mozambico; Mozambik
NA NAM Namibia; Namibie; Namibya
NC NCL New Caledonia; Nueva Caledonia; Neukaledonien; Nouvelle-Calédonie; Nova
   Caledônia; Nuova Caledonia; Yeni Kaledonya; Nieuw-Caledonië; Nowa Kaledonia
NE NER Niger; Nijer
NF NFK Norfolk Island
NG NGA Nigeria; Nijerya; Nàìjíríà
NI NIC Nicaragua; Nikaragua
NL NLD Netherlands; The Netherlands; Holland; Holanda; Olanda; Hollanda; Pays Bas;
   Países Bajos; Niederlande; Países Baixos; Paesi Bassi; Nederland; Holandia
NO NOR Norway; Noruega; Norwegen; Norvège; Norvegia; Norveç; Noorwegen; Norwegia; Norge
NP NPL Nepal; नेपाल
NR NRU Nauru
NU NIU Niue
NZ NZL New Zealand; Nueva Zelanda; Neuseeland; Nouvelle-Zélande; Nova Zelândia; Nuova
   Zelanda; Yeni Zelanda; Nieuw-Zeeland; Nowa Zelandia; Aotearoa
OM OMN Oman; Omã; Umman; عُمان
PA PAN Panama
PE PER Peru; Pérou
PF PYF French Polynesia; Polinesia Francesa; Französisch-Polynesien; Polynésie
   française; Polinesia Francese; Fransız Polinezyası; Frans-Polynesië; Polinezja
   Francuska
PG PNG Papua New Guinea; Papúa Nueva Guinea; Papua-Neuguinea; Papouasie-Nouvelle-Guinée;
   Papua-Nova Guiné; Papua Nuova Guinea; Papua Yeni Gine; Papoea-Nieuw-Guinea;
   Papua-Nowa Gwinea; Papua Niugini
PH PHL Philippines; The Philippines; Filipinas; Philippinen; Filippine; Filipinler;
   Filipijnen; Filipiny; Pilipinas
PK PAK Pakistan; Paquistão; پاکستان
PL POL Poland; Polonia; Polen; Pologne; Polonya; Polska
PM SPM St. Pierre & Miquelon; Saint Pierre and Miquelon; San Pedro y Miquelón; St.
   Pierre und Miquelon; Saint-Pierre-et-Miquelon; São Pedro e Miquelão; Saint-Pierre e
   Miquelon; Saint Pierre ve Miquelon; Saint-Pierre en Miquelon; Saint-Pierre i Miquelon
PN PCN Pitcairn Islands; Pitcairn; Islas Pitcairn; Pitcairninseln; Îles Pitcairn; Ilhas
   Pitcairn; Isole Pitcairn; Pitcairn Adaları; Pitcairneilanden
PR PRI Puerto Rico; Porto Rico; Porto Riko; Portoryko
PS PSE Palestinian Territories; Palestine; Palestina; Territorios Palestinos;
   Palästinensische Autonomiegebiete; Territoires palestiniens; Territori Palestinesi;
   Filistin Bölgeleri; Palestijnse gebieden; Terytoria Palestyńskie; الأراضي الفلسطينية
PT PRT Portugal; Portogallo; Portekiz; Portugalia
PW PLW Palau; Palaos
PY PRY Paraguay; Paraguai; Paragwaj
QA QAT Qatar; Catar; Katar; قطر
RE REU Réunion; La Réunion; Reunião; Riunione
RO ROU Romania; Rumanía; Rumänien; Roumanie; Romênia; Romanya; Roemenië; Rumunia
RS SRB Serbia; Serbien; Serbie; Sérvia; Sırbistan; Servië; Srbija; Србија
RU RUS Russia; Russian Federation; Rusia; Russland; Russie; Rusya; Rusland; Rosja;
   Россия
RW RWA Rwanda; Ruanda; U Rwanda
SA SAU Saudi Arabia; KSA; Arabia Saudí; Saudi-Arabien; Arabie saoudite; Arábia Saudita;
   Suudi Arabistan; Saoedi-Arabië; Arabia Saudyjska; المملكة العربية السعودية
SB SLB Solomon Islands; Islas Salomón; Salomonen; Îles Salomon; Ilhas Salomão; Isole
   Salomone; Solomon Adaları; Salomonseilanden; Wyspy Salomona
SC SYC Seychelles; Seychellen; Seicheles; Seyşeller; Seszele
SD SDN Sudan; Soudan; Sudão; Soedan; السودان
SE SWE Sweden; Suecia; Schweden; Suède; Svezia; İsveç; Zweden; Szwecja; Sverige
SG SGP Singapore; Singapur; Singapour; Singapura; 新加坡
SH SHN St. Helena; Santa Elena; Sainte-Hélène; Santa Helena; Sant’Elena; Saint Helena;
   Sint-Helena; Wyspa Świętej Heleny
SI SVN Slovenia; Eslovenia; Slowenien; Slovénie; Slovenya; Słowenia; Slovenija
SJ SJM Svalbard and Jan Mayen
SK SVK Slovakia; Eslovaquia; Slowakei; Slovaquie; Slovacchia; Slovakya; Slowakije;
   Słowacja; Slovensko
SL SLE Sierra Leone; Sierra Leona; Serra Leoa
SM SMR San Marino; Saint-Marin
SN SEN Senegal
SO SOM Somalia; Somalie; Somali; Soomaaliya; الصومال
SR SUR Suriname; Surinam
SS SSD South Sudan; Sudán del Sur; Südsudan; Soudan du Sud; Sudão do Sul; Güney Sudan;
   Zuid-Soedan; Sudan Południowy
ST STP São Tomé & Príncipe; Sao Tome and Principe; Santo Tomé y Príncipe; São Tomé und
   Príncipe; Sao Tomé-et-Principe; São Tomé e Príncipe; Sao Tome ve Principe; Sao Tomé
   en Principe; Wyspy Świętego Tomasza i Książęca
SV SLV El Salvador; Salvador; Salwador
SX SXM Sint Maarten; Sint Maarten (Dutch part)
SY SYR Syria; Syrian Arab Republic; Siria; Syrien; Syrie; Suriye; سوريا
SZ SWZ Eswatini; Swaziland; Esuatini; Essuatíni; Esvatini
TC TCA Turks & Caicos Islands; Turks and Caicos Islands; Islas Turcas y Caicos; Turks-
   und Caicosinseln; Îles Turques-et-Caïques; Ilhas Turcas e Caicos; Isole Turks e
   Caicos; Turks ve Caicos Adaları; Turks- en Caicoseilanden; Turks i Caicos
TD TCD Chad; Tschad; Tchad; Chade; Ciad; Çad; Tsjaad; Czad; تشاد
TF ATF French Southern Territories
TG TGO Togo
TH THA Thailand; Tailandia; Thaïlande; Thailandia; Tayland; Tajlandia; ไทย
TJ TJK Tajikistan; Tayikistán; Tadschikistan; Tadjikistan; Tadjiquistão; Tagikistan;
   Tacikistan; Tadzjikistan; Tadżykistan; Тоҷикистон
TK TKL Tokelau
TL TLS Timor-Leste; East Timor; Timor oriental; Timor Est; Oost-Timor; Timor Wschodni
TM TKM Turkmenistan; Turcomenistão
TN TUN Tunisia; Túnez; Tunesien; Tunisie; Tunus; Tunesië; Tunezja; تونس
TO TON Tonga
TR TUR Türkiye; Turkey; Turquía; Türkei; Turquie; Turchia; Turkije; Turcja
TT TTO Trinidad & Tobago; Trinidad and Tobago; Trinidad y Tobago; Trinidad und Tobago;
   Trinité-et-Tobago; Trinidad e Tobago; Trinidad ve Tobago; Trinidad en Tobago;
   Trynidad i Tobago
TV TUV Tuvalu
TW TWN Taiwan; Tayvan; Tajwan; 台灣
TZ TZA Tanzania; Tansania; Tanzanie; Tanzanya
UA UKR Ukraine; Ucrania; Ucraina; Ukrayna; Oekraïne; Ukraina; Україна
UG UGA Uganda; Ouganda; Oeganda
UM UMI U.S. Outlying Islands; United States Minor Outlying Islands
US USA United States; America; United States of America; Estados Unidos de América; EE.
   UU.; EUA; États-Unis d’Amérique; Estados Unidos; Vereinigte Staaten; États-Unis;
   Stati Uniti; Amerika Birleşik Devletleri; Verenigde Staten; Stany Zjednoczone
UY URY Uruguay; Uruguai; Urugwaj
UZ UZB Uzbekistan; Usbekistan; Ouzbékistan; Uzbequistão; Özbekistan; Oezbekistan;
   Oʻzbekiston; Ўзбекистон
VA VAT Vatican City; Holy See (Vatican City State); Vatican; Ciudad del Vaticano;
   Vatikanstadt; État de la Cité du Vatican; Cidade do Vaticano; Città del Vaticano;
   Vatikan; Vaticaanstad; Watykan
VC VCT St. Vincent & Grenadines; Saint Vincent and the Grenadines; San Vicente y las
   Granadinas; St. Vincent und die Grenadinen; Saint-Vincent-et-les Grenadines; São
   Vicente e Granadinas; Saint Vincent e Grenadine; Saint Vincent ve Grenadinler; Saint
   Vincent en de Grenadines; Saint Vincent i Grenadyny
VE VEN Venezuela; Wenezuela
VG VGB British Virgin Islands; Islas Vírgenes Británicas; Britische Jungferninseln; Îles
   Vierges britanniques; Ilhas Virgens Britânicas; Isole Vergini Britanniche; Britanya
   Virjin Adaları; Britse Maagdeneilanden; Brytyjskie Wyspy Dziewicze
VI VIR U.S. Virgin Islands; Islas Vírgenes de EE. UU.; Amerikanische Jungferninseln;
   Îles Vierges des États-Unis; Ilhas Virgens Americanas; Isole Vergini Americane; ABD
   Virjin Adaları; Amerikaanse Maagdeneilanden; Wyspy Dziewicze Stanów Zjednoczonych
VN VNM Vietnam; Vietnã; Wietnam
VU VUT Vanuatu
WF WLF Wallis & Futuna; Wallis and Futuna; Wallis y Futuna; Wallis und Futuna;
   Wallis-et-Futuna; Wallis e Futuna; Wallis ve Futuna; Wallis en Futuna; Wallis i
   Futuna
WS WSM Samoa
XK XKX Kosovo; Kosova; Kosowo; Kosovë
YE YEM Yemen; Jemen; Iêmen; اليمن
YT MYT Mayotte; Majotta
ZA ZAF South Africa; Sudáfrica; Südafrika; Afrique du Sud; África do Sul; Güney Afrika;
   Zuid-Afrika; Republika Południowej Afryki
ZM ZMB Zambia; Sambia; Zambie; Zambiya
ZW ZWE Zimbabwe; Zimbabue; Simbabwe; Zimbabve
"""


def country_code(value: object) -> str | None:
    """Return the ISO 3166-1 alpha-2 code, lower-case, of a code or a country's name.

    Case and accents do not matter; UK is gb and EL is gr. None for what is unknown:
    a guess from the first letters would be another country.
    """
    if isinstance(value, str) and len(value) == 2 and value.isascii():
        return _codes().get(value.lower())
    text = plain(value)
    return _codes().get(folded(text)) if text else None


@cache
def _codes() -> dict[str, str]:
    codes = {}
    for line in _COUNTRIES.strip().replace("\n ", " ").splitlines():
        code, three_letters, names = line.split(None, 2)
        for name in (code, three_letters, *names.split(";")):
            codes[folded(name)] = code.lower()
    return codes
