"""Exercises of the chapter "A density is not a probability"."""

import math
import random

from helpers.checks import formulas
from helpers.checks.judging import Case, Mistake, compare
from helpers.checks.questions import Choice, Number, right, wrong
from helpers.checks.registry import Curve, Wrong, checker

CHAPTER = "density"

Choice(
    "density-point",
    CHAPTER,
    "The probability of one exact length is",
    (
        wrong(
            "0.062.",
            "That is the height, a probability per millimetre. Only its product with a width is a probability.",
        ),
        right("0."),
        wrong(
            "about 0.062, because one millimetre is a small width.",
            "That is about the probability of *reading* 217 mm off a ruler. Here nothing is rounded: the width is 0.",
        ),
        wrong(
            "unknown, as long as nobody has measured enough penguins.",
            "The model is given, so nothing has to be measured. What is the area over an interval of no width?",
        ),
    ),
    "Over a single point there is no area, however high the curve is there.",
)

Number(
    "density-uniform",
    CHAPTER,
    "Height",
    answer=4.0,
    tolerance=0.005,
    wrong=(
        (0.25, "That is the width. The height is what makes the area 1."),
        (1.0, "With height 1 and width a quarter the area would be 0.25. It must be 1."),
        (0.0667, "That is the density per minute (1/15). The question measures time in hours."),
        (15.0, "That is the number of minutes. The height is what makes the area 1, with time in hours."),
        (0.0, "That is the probability of one exact moment. The height is what makes the area 1."),
        (0.5, "The curve is level, not a triangle: height times a quarter must be 1."),
        (2.0, "The curve is level: height times a quarter of an hour must be 1, and 2 × 0.25 is not."),
    ),
    solved="4 × 0.25 = 1. A density of 4 per hour, on a quarter of an hour: no probability here exceeds 1.",
    otherwise="Height times width is the area of a level curve, and it must be 1. The width is a quarter of an hour.",
    unit="per hour",
)

Choice(
    "density-statements",
    CHAPTER,
    "True of a density $p$",
    (
        wrong(
            "$p(x)$ is the probability of $x$.",
            "The probability of one exact $x$ is 0. The height is a probability per unit of length.",
        ),
        right("Where it is twice as high, a narrow interval is about twice as probable.", "Width by width."),
        wrong(
            "$p(x) \\le 1$ for every $x$.",
            "Remember the decimetre: only areas are bounded by 1. A narrow curve must be high.",
        ),
        right("Its unit is one over the unit of $x$.", "A probability divided by a width."),
        wrong(
            "The heights at all $x$ sum to 1.",
            "That holds for a discrete quantity. Here it is the area that is 1: every height counts with a width.",
        ),
        right("It is the slope of the cumulative distribution function.", "That is the limit of average heights."),
    ),
    "A density compares narrow intervals; it is per unit of length, and it is the slope of the area to the left.",
    several=True,
)


def _rectangles(low, high, mu, sigma, pieces, shift):
    width = (high - low) / pieces
    return width * math.fsum(formulas.height(low + (i + shift) * width, mu, sigma) for i in range(pieces))


def _area(low, high, mu, sigma, pieces):
    """Height times width, summed over equal pieces, each height taken at its piece's middle."""
    return _rectangles(low, high, mu, sigma, pieces, 0.5)


def _area_cases(rng):
    yield Case((210.0, 220.0, 217.0, 6.5, 5))
    for pieces in (2, 3, 10, 40):
        low, mu = rng.uniform(190, 215), rng.uniform(205, 225)
        yield Case((low, low + rng.uniform(1, 30), mu, rng.uniform(3, 12), pieces))
    yield Case((0.2105, 0.2235, 0.217, 0.0065, 7), "Here the lengths are in metres, and the heights exceed 1.")
    yield Case((215.0, 216.0, 217.0, 6.5, 1), "With one piece it is one rectangle.")
    yield Case((190.0, 250.0, 217.0, 6.5, 1000), "With a thousand narrow pieces the sum is the area itself.")


_AREA = """import math
def height(x, mu, sigma):
    return math.exp(-(((x - mu) / sigma) ** 2) / 2) / (sigma * math.sqrt(2 * math.pi))
def area(low, high, mu, sigma, pieces):
    width = (high - low) / pieces
    return sum(height(low + (i + 0.5) * width, mu, sigma) * width for i in range(pieces))
"""


@checker(
    "density-area",
    chapter=CHAPTER,
    wrong=[
        Wrong(_AREA.replace(" * width for i", " for i"), "sum of heights"),
        Wrong(_AREA.replace("i + 0.5", "i"), "left end of each piece"),
        Wrong(_AREA.replace("i + 0.5", "i + 1"), "right end of each piece"),
        Wrong(
            _AREA.replace(
                "height(low + (i + 0.5) * width, mu, sigma)",
                "(height(low + i * width, mu, sigma) + height(low + (i + 1) * width, mu, sigma)) / 2",
            ),
            "trapezoids",
        ),
        Wrong(_AREA.replace("low + (i + 0.5)", "(i + 0.5)"), "begin at `low`"),
        Wrong(_AREA.replace("range(pieces)", "range(pieces - 1)"), "last piece is missing"),
        Wrong(_AREA.replace("range(pieces)", "range(1, pieces)"), "first piece is missing"),
        Wrong(_AREA.replace("range(pieces)", "range(1)"), "Only the first piece"),
        Wrong(_AREA.replace("range(pieces)", "[pieces - 1]"), "Only the last piece"),
        Wrong(_AREA.replace("range(pieces)", "range(pieces + 1)"), "one piece too many"),
        Wrong(_AREA.replace(" * width for i in range(pieces))", " for i in range(pieces)) / pieces"), "average height"),
        Wrong(_AREA.replace(" / (sigma * math.sqrt(2 * math.pi))", ""), "factor in front"),
        Wrong(
            "import math\ndef area(low, high, mu, sigma, pieces):\n    root = sigma * math.sqrt(2)\n"
            "    return (math.erf((high - mu) / root) - math.erf((low - mu) / root)) / 2",
            "exact area.*rectangles",
        ),
        Wrong(
            _AREA.split("def area")[0] + "def area(low, high, mu, sigma, pieces):\n"
            "    return height((low + high) / 2, mu, sigma) * (high - low)",
            "one single rectangle",
        ),
    ],
)
def _(area):
    def pieces_of(count, first=0):
        def some(low, high, mu, sigma, pieces):
            width = (high - low) / pieces
            places = range(first, pieces + count)
            return width * math.fsum(formulas.height(low + (i + 0.5) * width, mu, sigma) for i in places)

        return some

    def exact(low, high, mu, sigma, pieces):
        root = sigma * math.sqrt(2)
        return (math.erf((high - mu) / root) - math.erf((low - mu) / root)) / 2

    return compare(
        area,
        _area,
        _area_cases(random.Random("density-area")),
        [
            Mistake(
                "This is a sum of heights. Each rectangle's height is multiplied by its width.",
                lambda low, high, mu, sigma, n: _area(low, high, mu, sigma, n) * n / (high - low),
            ),
            Mistake(
                "This is the average height, without the width of the interval.",
                lambda low, high, mu, sigma, n: _area(low, high, mu, sigma, n) / (high - low),
            ),
            Mistake(
                "You take the height at the left end of each piece; the exercise asks for its middle.",
                lambda *a: _rectangles(*a, 0.0),
            ),
            Mistake(
                "You take the height at the right end of each piece; the exercise asks for its middle.",
                lambda *a: _rectangles(*a, 1.0),
            ),
            Mistake(
                "You average the heights at both ends of each piece: these are trapezoids, a good way too. The exercise"
                " asks for rectangles with the height in the middle.",
                lambda *a: (_rectangles(*a, 0.0) + _rectangles(*a, 1.0)) / 2,
            ),
            Mistake(
                "The pieces begin at `low`, not at 0.",
                lambda low, high, mu, sigma, n: _area(0, high - low, mu, sigma, n),
            ),
            Mistake(
                "Only the first piece counts. Does `return` stand inside the loop?",
                lambda low, high, mu, sigma, n: _area(low, low + (high - low) / n, mu, sigma, 1),
            ),
            Mistake(
                "Only the last piece counts. Add to the total (`+=`) rather than setting it anew.",
                lambda low, high, mu, sigma, n: _area(high - (high - low) / n, high, mu, sigma, 1),
            ),
            Mistake("The last piece is missing: `range(pieces)` ends at pieces - 1 by itself.", pieces_of(-1)),
            Mistake("The first piece is missing: count from 0.", pieces_of(0, 1)),
            Mistake("There is one piece too many, beyond `high`.", pieces_of(1)),
            Mistake(
                "The factor in front of the exponential is missing: without it the whole area is not 1.",
                lambda low, high, mu, sigma, n: _area(low, high, mu, sigma, n) * sigma * formulas.ROOT_2_PI,
            ),
            Mistake(
                "This is the exact area; here the sum of rectangles is asked for, which only approaches it.", exact
            ),
            Mistake(
                "This is one single rectangle over the whole interval. Cut the interval into `pieces` first.",
                lambda low, high, mu, sigma, n: _area(low, high, mu, sigma, 1),
            ),
        ],
        solved="That is an integral, as a computer sees it: narrow rectangles, summed.",
    )


def _cdf(x, mu, sigma):
    """The Gaussian's cumulative distribution function."""
    return (1 + math.erf((x - mu) / (sigma * math.sqrt(2)))) / 2


def _cdf_cases(rng):
    yield Case((223.5, 217.0, 6.5))
    for sigma in (0.5, 1.0, 3.0, 8.0):
        mu = rng.uniform(190, 215)
        yield Case((mu + sigma * rng.uniform(-2, 2), mu, sigma))
    yield Case((200.0, 200.0, 6.0), "At the mean one half lies to the left.")
    yield Case((150.0, 200.0, 1.0), "Here x lies far to the left: nothing is shorter.")
    yield Case((250.0, 200.0, 1.0), "Here x lies far to the right: everything is shorter.")


_CDF = """import math
def cdf(x, mu, sigma):
    return (1 + math.erf((x - mu) / (sigma * math.sqrt(2)))) / 2
"""


@checker(
    "density-bug",
    chapter=CHAPTER,
    wrong=[
        Wrong(_CDF.replace(" * math.sqrt(2)", ""), "too steep.*at one sigma"),
        Wrong(_CDF.replace("math.sqrt(2)", "2"), "divides by 2 where"),
        Wrong(_CDF.replace("(sigma * math.sqrt(2))", "sigma * math.sqrt(2)"), "needs brackets"),
        Wrong(_CDF.replace("sigma * math.sqrt(2)", "sigma * math.sqrt(2 * math.pi)"), "belongs to the height"),
        Wrong(_CDF.replace("(x - mu)", "(mu - x)"), "to the right of x"),
        Wrong(_CDF.replace("(1 + math", "(math"), "1 inside the brackets is missing"),
        Wrong(_CDF.replace("sigma * math", "sigma**2 * math"), "variance"),
    ],
)
def _(cdf):
    return compare(
        cdf,
        _cdf,
        _cdf_cases(random.Random("density-bug")),
        [
            Mistake(
                "The curve is still too steep: at one sigma above the mean it gives 0.921 instead of 0.841."
                " What must z be divided by, so that exp(-z²/2) becomes exp(-t²)?",
                lambda x, mu, sigma: (1 + math.erf((x - mu) / sigma)) / 2,
            ),
            Mistake(
                "This divides by 2 where its square root is needed: t² = z²/2.",
                lambda x, mu, sigma: (1 + math.erf((x - mu) / (2 * sigma))) / 2,
            ),
            Mistake(
                "a / sigma * root needs brackets: Python divides by sigma and then multiplies by the root.",
                lambda x, mu, sigma: (1 + math.erf((x - mu) / sigma * math.sqrt(2))) / 2,
            ),
            Mistake(
                "sqrt(2π) belongs to the height of the bell. Here z is divided by the root of 2.",
                lambda x, mu, sigma: (1 + math.erf((x - mu) / (sigma * formulas.ROOT_2_PI))) / 2,
            ),
            Mistake(
                "This is the area to the right of x.",
                lambda x, mu, sigma: 1 - _cdf(x, mu, sigma),
            ),
            Mistake(
                "The 1 inside the brackets is missing: erf runs from -1 to 1, a probability from 0 to 1.",
                lambda x, mu, sigma: math.erf((x - mu) / (sigma * math.sqrt(2))) / 2,
            ),
            Mistake(
                "You divide by the variance; the distance from the mean is counted in standard deviations.",
                lambda x, mu, sigma: (1 + math.erf((x - mu) / (sigma**2 * math.sqrt(2)))) / 2,
            ),
        ],
        solved="Now 68.3% of the area lies within one sigma of the mean.",
        absolute=1e-12,
    )


def _tail(x, mu, sigma):
    """The area to the right of x, however small it is."""
    return math.erfc((x - mu) / (sigma * math.sqrt(2))) / 2


def _tail_cases(rng):
    yield Case((223.5, 217.0, 6.5))
    for sigma in (0.5, 2.0, 6.0):
        mu = rng.uniform(190, 215)
        yield Case((mu + sigma * rng.uniform(0.2, 2), mu, sigma))
    yield Case((217.0, 217.0, 6.5), "At the mean one half lies to the right.")
    yield Case((212.0, 217.0, 6.5), "Here x lies below the mean: more than half lies to the right.")
    yield Case((150.0, 217.0, 6.5), "Here nearly everything lies to the right.")
    yield Case((282.0, 217.0, 6.5), "Here x is ten sigma away: the area is small, and it is not 0.")


_TAIL = """import math
def tail(x, mu, sigma):
    return math.erfc((x - mu) / (sigma * math.sqrt(2))) / 2
"""


@checker(
    "density-tail",
    chapter=CHAPTER,
    wrong=[
        Wrong(
            "import math\ndef tail(x, mu, sigma):\n"
            "    return 1 - (1 + math.erf((x - mu) / (sigma * math.sqrt(2)))) / 2",
            "right for ordinary input, but not here: .*ten sigma",
        ),
        Wrong(_TAIL.replace(" / 2\n", "\n"), "twice the area"),
        Wrong(_TAIL.replace("math.erfc(", "(1 + math.erf(").replace("(2))) / 2", "(2)))) / 2"), "to the left of x"),
        Wrong(_TAIL.replace(" * math.sqrt(2)", ""), "root of 2 is missing"),
        Wrong(_TAIL.replace("math.erfc", "math.erf"), "erf, not erfc"),
        Wrong(_TAIL.replace("math.sqrt(2)", "2"), "divides by 2 where"),
        Wrong(_TAIL.replace("(sigma * math.sqrt(2))", "sigma * math.sqrt(2)"), "needs brackets"),
        Wrong(_TAIL.replace("x - mu", "abs(x - mu)"), "right for ordinary input, but not here: .*below the mean"),
        Wrong(
            "import math\ndef tail(x, mu, sigma):\n    z = (x - mu) / sigma\n"
            "    return math.exp(-z * z / 2) / (sigma * math.sqrt(2 * math.pi))",
            "the height at x",
        ),
    ],
)
def _(tail):
    return compare(
        tail,
        _tail,
        _tail_cases(random.Random("density-tail")),
        [
            Mistake("This is twice the area: erfc runs from 2 down to 0.", lambda *a: 2 * _tail(*a)),
            Mistake("This is the area to the left of x.", lambda x, mu, sigma: _tail(mu, x, sigma)),
            Mistake("This is the area to the left of x.", _cdf),
            Mistake(
                "The root of 2 is missing: erfc integrates exp(-t²), not exp(-t²/2).",
                lambda x, mu, sigma: math.erfc((x - mu) / sigma) / 2,
            ),
            Mistake(
                "This uses erf, not erfc, and so gives the area between the mean and x.",
                lambda x, mu, sigma: math.erf((x - mu) / (sigma * math.sqrt(2))) / 2,
            ),
            Mistake("This is the height at x, not the area to its right.", formulas.height),
            Mistake(
                "This divides by 2 where its square root is needed: t² = z²/2.",
                lambda x, mu, sigma: math.erfc((x - mu) / (2 * sigma)) / 2,
            ),
            Mistake(
                "a / sigma * root needs brackets: Python divides by sigma and then multiplies by the root.",
                lambda x, mu, sigma: math.erfc((x - mu) / sigma * math.sqrt(2)) / 2,
            ),
        ],
        solved="Ten sigma away your answer keeps all its digits, where 1 - F(x) gives 0.",
    )


def _density(r, radius):
    """The density of a dart's distance from the centre, the wall's every patch being as probable as its size."""
    return 2 * r / radius**2 if 0 <= r <= radius else 0.0


def _density_cases(rng):
    yield Case((0.1, 0.2))
    for _ in range(5):
        radius = rng.uniform(0.1, 5)
        yield Case((radius * rng.uniform(0.1, 0.9), radius))
    yield Case((0.0, 0.2), "At the centre itself the density is 0.")
    yield Case((0.3, 0.2), "This distance is larger than the radius.")
    yield Case((-0.1, 0.2), "A distance is never negative.")


def _inside(body):
    return f"def density(r, radius):\n    return {body} if 0 <= r <= radius else 0.0"


@checker(
    "density-dart",
    chapter=CHAPTER,
    curve=Curve(
        function="density",
        args={"radius": 0.2},
        x=(-0.02, 0.25),
        y=(0, 12),
        label="distance from the centre (m)",
        y_label="density (1/m)",
    ),
    wrong=[
        Wrong("def density(r, radius):\n    return 2 * r / radius**2", "larger than the radius"),
        Wrong("def density(r, radius):\n    return 2 * r / radius**2 if r <= radius else 0.0", "never negative"),
        Wrong("def density(r, radius):\n    return (r / radius) ** 2", "Differentiate it"),
        Wrong("def density(r, radius):\n    return 2 * r / radius", "square of the radius"),
        Wrong(_inside("1 / radius"), "level density"),
        Wrong(_inside("r / radius**2"), "area under it is only one half"),
        Wrong(_inside("2 * r"), "radius 1 only"),
        Wrong(_inside("2 * 3.141592653589793 * r"), "circumference"),
        Wrong(_inside("1 / (3.141592653589793 * radius**2)"), "per square metre"),
    ],
)
def _(density):
    def within(formula):
        return lambda r, radius: formula(r, radius) if 0 <= r <= radius else 0.0

    slips = {
        "This is the probability of a distance up to r. Differentiate it, and you have the density.": (
            lambda r, radius: (r / radius) ** 2
        ),
        "A level density would make a ring near the centre as probable as the much longer ring at the edge.": (
            lambda r, radius: 1 / radius
        ),
        "The square of the radius stands below the line: the area must be 1 for every radius.": (
            lambda r, radius: 2 * r / radius
        ),
        "The area under it is only one half: the 2 is missing.": lambda r, radius: r / radius**2,
        "This is right for a board of radius 1 only.": lambda r, radius: 2 * r,
        "This is the circumference of a ring. Divide it by the area of the board.": (lambda r, radius: 2 * math.pi * r),
        "This is the density per square metre of board; asked is the one per metre of distance.": (
            lambda r, radius: 1 / (math.pi * radius**2)
        ),
    }
    return compare(
        density,
        _density,
        _density_cases(random.Random("density-dart")),
        # Each slip, by those who thought of the board's edge and by those who did not.
        [Mistake(says, formula) for says, slip in slips.items() for formula in (within(slip), slip)],
        solved="Level on the board, rising with the distance: a density belongs to the quantity that is measured.",
    )
