"""Numbers with check digits, and addresses of machines."""

import ipaddress
import re
from collections.abc import Iterator

from lib.adapters.privacy.contexts import is_named_otherwise

_CARD = re.compile(r"(?<![\w.,/=+#-])\d(?:[ -]?\d){12,18}(?![\w-])")
_ISSUERS = (
    ("4", (13, 16, 19)),
    ("5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)", (16,)),
    ("3[47]", (15,)),
    ("6011|64[4-9]|65", (16, 17, 18, 19)),
    ("30[0-5]|3[689]", (14, 16, 19)),
    ("35(?:2[89]|[3-8])", (16, 17, 18, 19)),
    ("62|81", (16, 17, 18, 19)),
    ("5018|5020|5038|5893|6304|6759|676[1-3]", (12, 13, 14, 15, 16, 17, 18, 19)),
)
"""First digits and lengths: Visa, Mastercard, American Express, Discover, Diners Club, JCB, UnionPay, Maestro."""
_ISSUER = tuple((re.compile(first), lengths) for first, lengths in _ISSUERS)

_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}[ ]?[A-Z0-9]{2}")
_IBAN_LENGTHS = {
    code: int(length)
    for length, codes in (
        part.split(":")
        for part in (
            "15:NO 16:BE 18:DK_FI_FO_GL_NL_SD 19:MK_SI 20:AT_BA_EE_KZ_LT_LU_MN_XK 21:CH_HR_LI_LV"
            " 22:BG_BH_CR_DE_GB_GE_IE_ME_RS_VA"
            " 23:AE_GI_IL_IQ_OM_SO_TL"
            " 24:AD_CZ_ES_MD_PK_RO_SA_SE_SK_TN_VG 25:LY_PT_ST 26:IS_TR 27:BI_DJ_FR_GR_IT_MC_MR_SM"
            " 28:AL_AZ_BY_CY_DO_GT_HU_LB_NI_PL_SV 29:BR_EG_PS_QA_UA"
            " 30:JO_KW_MU_YE 31:MT_SC 32:LC 33:RU"
        ).split()
    )
    for code in codes.split("_")
}
"""Source: SWIFT IBAN registry, release 99."""

_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.-]*\w)(?!\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])[23][0-9a-fA-F]{3}:[0-9a-fA-F:]{6,34}(?![\w:])")
_LIKE_A_VERSION = 20

_CODICE_FISCALE = re.compile(
    r"(?<!\w)[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z](?!\w)"
)
_NIR = re.compile(
    r"(?<![\w.-])[12][ ]?\d\d[ ]?(?:0[1-9]|1[0-2]|[2-9]\d)[ ]?(?:\d\d|2[AB])[ ]?\d{3}[ ]?\d{3}[ ]?\d\d(?![\w-])"
)
_BELGIAN = re.compile(r"(?<![\w.-])(\d\d)\.(\d\d)\.(\d\d)-(\d{3})[.-](\d\d)(?![\w-])")
_HETU = re.compile(r"(?<![\w-])(\d{6})[-+A-FU-Y](\d{3})([0-9A-FHJ-NPR-Y])(?![\w-])")
_ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", map(int, (
    "1 0 5 7 9 13 15 17 19 21 1 0 5 7 9 13 15 17 19 21 2 4 18 20 11 3 6 8 12 14 16 10 22 25 24 23".split()
)), strict=True))  # fmt: skip


def find_cards(text: str) -> Iterator[tuple[int, int]]:
    """
    Find payment cards: an issuer's first digits and length, grouped evenly or not at all, and a right check digit.

    Source: ISO/IEC 7812-1, annex B (Luhn), and the issuers' ranges.
    """
    for hit in _CARD.finditer(text):
        digits = re.sub(r"\D", "", hit[0])
        is_issued = any(len(digits) in lengths and first.match(digits) for first, lengths in _ISSUER)
        if is_issued and _luhn(digits) and not is_named_otherwise(text, hit.start()):
            yield hit.span()


def find_ibans(text: str) -> Iterator[tuple[int, int]]:
    """
    Find IBANs of the length their country has, whose remainder by 97 is 1.

    Source: ISO 13616-1.
    """
    for hit in _IBAN.finditer(text):
        length = _IBAN_LENGTHS.get(hit[0][:2], 0)
        end, found = hit.start(), ""
        while len(found) < length and end < len(text):
            sign = text[end]
            if sign.isascii() and (sign.isdigit() or sign.isupper()):
                found += sign
            elif sign != " " or text[end - 1] == " ":
                break
            end += 1
        is_whole = not (end < len(text) and text[end].isalnum())
        if length and len(found) == length and is_whole and _remainder(found[4:] + found[:4]) == 1:
            yield hit.start(), end


def find_ips(text: str) -> Iterator[tuple[int, int]]:
    """
    Find public IP addresses: private, local and documentation ranges point to nobody.

    Edge: four numbers below 20, or behind the word version, are a version, not an address.
    """
    for pattern in (_IPV4, _IPV6):
        for hit in pattern.finditer(text):
            try:
                address = ipaddress.ip_address(hit[0])
            except ValueError:
                continue
            is_version = address.version == 4 and all(part < _LIKE_A_VERSION for part in address.packed)
            is_public = address.is_global and not (address.is_multicast or address.is_reserved)
            if is_public and not is_version and not is_named_otherwise(text, hit.start()):
                yield hit.span()


def find_national_ids(text: str) -> Iterator[tuple[int, int]]:
    """
    Find ids of Italy (codice fiscale), France (NIR), Belgium (Rijksregisternummer) and Finland (HETU).

    Only these have check characters that leave little to chance, in a form that nothing else has.
    Source: Decree of 23 December 1976 (Italy); INSEE; Royal Decree of 3 April 1984 (Belgium); DVV (Finland).
    """
    for hit in _CODICE_FISCALE.finditer(text):
        values = [
            _ODD[sign] if at % 2 == 0 else int(sign, 36) - 10 * sign.isalpha() for at, sign in enumerate(hit[0][:15])
        ]
        if sum(values) % 26 == ord(hit[0][15]) - ord("A"):
            yield hit.span()
    for hit in _NIR.finditer(text):
        digits = hit[0].replace(" ", "").replace("2A", "19").replace("2B", "18")
        if 97 - int(digits[:13]) % 97 == int(digits[13:]):
            yield hit.span()
    for hit in _BELGIAN.finditer(text):
        number = int("".join(hit.groups()[:4]))
        if int(hit[5]) in (97 - number % 97, 97 - (2_000_000_000 + number) % 97) and 1 <= int(hit[2]) <= 12:
            yield hit.span()
    for hit in _HETU.finditer(text):
        is_date = 1 <= int(hit[1][:2]) <= 31 and 1 <= int(hit[1][2:4]) <= 12
        if is_date and "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(hit[1] + hit[2]) % 31] == hit[3]:
            yield hit.span()


def _luhn(digits: str) -> bool:
    doubled = [2 * int(digit) for digit in digits[-2::-2]]
    return (sum(map(int, digits[-1::-2])) + sum(value - 9 * (value > 9) for value in doubled)) % 10 == 0


def _remainder(found: str) -> int:
    """By 97, letters read as numbers from 10 on."""
    return int("".join(str(int(sign, 36)) for sign in found)) % 97
