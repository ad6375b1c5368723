"""Numbers as a reader sees them: Python's twin of ``frontend/format.js``, for the page without scripts."""

from decimal import ROUND_HALF_UP, Context, Decimal

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
LARGEST_FIXED = 1e15  # beyond it a float64 has no decimals left


def shown(value: float, digits: int, style: str = "f") -> str:
    """``value`` with ``digits`` decimals (style "f") or significant digits ("e"); ties go away from 0."""
    if value != value:
        return "not a number"
    if abs(value) == float("inf"):
        return "∞" if value > 0 else "−∞"
    if style == "f" and abs(value) < LARGEST_FIXED:
        text = str(Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, Context(prec=60)))
        return text.removeprefix("-") if not text.strip("-0.") else text.replace("-", "−")
    return _power_of_ten(value, max(1, digits)) if value else "0"


def _power_of_ten(value: float, digits: int) -> str:
    rounded = Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(Decimal(value))
    mantissa, exponent = f"{rounded:.{digits - 1}e}".split("e")
    return f"{mantissa.replace('-', '−')} × 10{str(int(exponent)).translate(SUPERSCRIPT)}"
