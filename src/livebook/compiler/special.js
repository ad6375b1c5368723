// Special functions, from their series, recurrences and continued fractions, to about 1e-14.

// zeta(k) - 1 for k = 2, 3, …
const ZETA_LESS_ONE = [
  0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993, 0.01734306198444914,
  0.008349277381922827, 0.00407735619794434, 0.0020083928260822143, 0.0009945751278180853, 0.0004941886041194645,
  0.0002460865533080483, 0.00012271334757848915, 6.124813505870483e-5, 3.058823630702049e-5, 1.528225940865187e-5,
  7.637197637899763e-6, 3.81729326499984e-6, 1.908212716553939e-6, 9.539620338727962e-7, 4.769329867878064e-7,
  2.38450502727733e-7, 1.1921992596531106e-7, 5.960818905125948e-8, 2.980350351465228e-8, 1.4901554828365043e-8,
];

// sin(pi x), exact at the integers.
function sinPi(x) {
  const r = x - 2 * Math.round(x / 2); // -1 … 1
  if (r > 0.5) return Math.sin(Math.PI * (1 - r));
  return r < -0.5 ? -Math.sin(Math.PI * (1 + r)) : Math.sin(Math.PI * r);
}

// log Gamma(2 + z) for |z| <= 1/2: (1 - Euler's gamma) z + sum of (zeta(k) - 1) (-z)^k / k; exact at its zero.
function lgammaNearTwo(z) {
  let sum = 0;
  for (let k = ZETA_LESS_ONE.length + 1; k >= 2; k--) sum = ZETA_LESS_ONE[k - 2] / k - z * sum;
  return z * (0.42278433509846714 + z * sum);
}

// log Gamma(x) - (x - 1/2) log x + x for x >= 10, Stirling's series.
function stirling(x) {
  const y = 1 / (x * x);
  let sum = -3617 / 122400;
  for (const c of [1 / 156, -691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12]) sum = c + y * sum;
  return 0.9189385332046728 + sum / x;
}

// log |Gamma(x)|.
function lgamma(x) {
  if (x <= 0) {
    if (x === Math.floor(x)) return Infinity;
    return x > -0.5 ? lgamma(1 + x) - Math.log(-x) : Math.log(Math.PI / Math.abs(x * sinPi(x))) - lgamma(-x);
  }
  if (x < 0.5) return lgammaNearTwo(x) - Math.log(x) - Math.log1p(x);
  if (x < 1.5) return lgammaNearTwo(x - 1) - Math.log1p(x - 1);
  if (x >= 10) return x === Infinity ? Infinity : (x - 0.5) * (Math.log(x) - 1) - 0.5 + stirling(x);
  let product = 1;
  while (x > 2.5) product *= x -= 1;
  return lgammaNearTwo(x - 2) + Math.log(product);
}

// Taylor coefficients of digamma at its positive zero.
const DIGAMMA_AT_ZERO = [
  0.9676722454476212, -0.4427631689835921, 0.258499760955651, -0.16394270544240652, 0.10782405069126237,
  -0.07219956125645471, 0.04880428816414311, -0.03316112647484736, 0.022597648232218104, -0.01542476590494896,
  0.010538791616612175, -0.007204534386356869, 0.004926781395729853, -0.003369801655439328, 0.002305126326734928,
  -0.0015769367714301972, 0.0010788252019162967, -0.0007380709389960052, 0.000504953265834602, -0.0003454680251063077,
];

// The derivative of log Gamma; at the poles as in torch.
function digamma(x) {
  if (x === 0) return Object.is(x, -0) ? Infinity : -Infinity;
  if (x < 0) {
    const r = x - Math.round(x);
    return r === 0 || x === -Infinity ? NaN : digamma(1 - x) - Math.PI / Math.tan(Math.PI * r);
  }
  const z = x - 1.4616321449683622 - 9.549995429965697e-17;
  if (Math.abs(z) < 0.25) {
    return z * DIGAMMA_AT_ZERO.reduceRight((sum, c) => c + z * sum, 0);
  }
  let shift = 0;
  for (; x < 10; x += 1) shift += 1 / x;
  if (x === Infinity) return x;
  const y = 1 / (x * x);
  let sum = 1 / 12;
  for (const c of [-691 / 32760, 1 / 132, -1 / 240, 1 / 252, -1 / 120, 1 / 12]) sum = c + y * sum;
  return Math.log(x) - 0.5 / x - y * sum - shift;
}

// B(2j) / (2j)! for j = 1, 2, …
const BERNOULLI_OVER_FACTORIAL = [
  0.08333333333333333, -0.001388888888888889, 3.306878306878307e-5, -8.267195767195768e-7, 2.08767569878681e-8,
  -5.284190138687493e-10, 1.3382536530684679e-11, -3.3896802963225827e-13, 8.586062056277845e-15,
  -2.174868698558062e-16, 5.5090028283602295e-18,
];

// Hurwitz's zeta, sum of (q + k)^-s, by Euler and Maclaurin.
function zeta(s, q) {
  if (s === 1) return Infinity;
  if (s < 1 || q !== q) return NaN;
  if (q <= 0 && q === Math.floor(q)) return Infinity;
  if (s !== s || (q <= 0 && s !== Math.floor(s))) return NaN;
  let sum = 0;
  for (; q < 12; q += 1) sum += Math.pow(q, -s);
  const first = Math.pow(q, -s);
  let factor = (first * s) / q;
  sum += (first * q) / (s - 1) + 0.5 * first;
  for (let j = 0; j < BERNOULLI_OVER_FACTORIAL.length && factor !== 0; j++) {
    sum += BERNOULLI_OVER_FACTORIAL[j] * factor;
    factor *= ((s + 2 * j + 1) * (s + 2 * j + 2)) / (q * q);
  }
  return sum;
}

// The n-th derivative of digamma.
function polygamma(n, x) {
  if (n === 0) return digamma(x);
  if (n === 1 && x < 0.5) {
    const s = Math.PI / sinPi(x);
    return s * s - polygamma(1, 1 - x);
  }
  let factorial = n % 2 ? 1 : -1;
  for (let k = 2; k <= n; k++) factorial *= k;
  return factorial * zeta(n + 1, x);
}

// exp(-x x), with the rounding of the square given back.
function expMinusSquare(x) {
  const high = Math.fround(x); // its square is exact
  if (!(Math.abs(x) < 28)) return Math.exp(-x * x);
  return Math.exp(-high * high) * Math.exp(-(x - high) * (x + high));
}

// erf for |x| <= 1: 2 / sqrt(pi) exp(-x x) times the sum of 2^n x^(2n+1) / (1 3 5 … (2n+1)); all terms positive.
function erfSeries(x) {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return 1.1283791670955126 * Math.exp(-x * x) * sum;
}

// exp(x x) erfc(x) for x >= 1: the continued fraction 1 / (x + (1/2) / (x + (2/2) / (x + …))), from its tail.
function erfcxFraction(x) {
  let tail = x;
  for (let n = Math.ceil(8 + 190 / (x * x)); n > 0; n--) tail = x + n / 2 / tail;
  return 0.5641895835477563 / tail;
}

function erf(x) {
  if (Math.abs(x) <= 1) return erfSeries(x);
  return x > 0 ? 1 - erfc(x) : x < 0 ? erfc(-x) - 1 : NaN;
}

function erfc(x) {
  if (x > 1) return x > 28 ? 0 : expMinusSquare(x) * erfcxFraction(x);
  return x < -1 ? 2 - erfc(-x) : 1 - erfSeries(x);
}

// exp(x x) erfc(x).
function erfcx(x) {
  if (x > 1) return erfcxFraction(x);
  if (x >= -1) return Math.exp(x * x) * (1 - erfSeries(x));
  return x > -27 ? 2 / expMinusSquare(x) - erfcx(-x) : x < 0 ? Infinity : NaN;
}

// y > 0 with erfc(y) = q for 0 < q < 1: a rough logarithmic guess, then Halley's iteration.
function erfcInverse(q) {
  const half = 0.5 * Math.log(q * (2 - q));
  const a = 4.330746750799873 + half;
  let y = Math.sqrt(Math.sqrt(a * a - half / 0.0735) - a);
  for (let n = 0; n < 4; n++) {
    const step = (q / expMinusSquare(y) - erfcx(y)) / 1.1283791670955126;
    y -= step / (1 + y * step) || 0;
  }
  return y;
}

function erfinv(x) {
  const size = Math.abs(x);
  if (size === 1) return x * Infinity;
  if (!(size < 1)) return NaN;
  if (size > 0.5) return (x < 0 ? -1 : 1) * erfcInverse(1 - size);
  let y = 0.886226925452758 * x * (1 + 0.2617993877991494 * x * x);
  for (let n = 0; n < 4; n++) {
    const step = (erfSeries(y) - x) / (1.1283791670955126 * Math.exp(-y * y));
    y -= step / (1 + y * step);
  }
  return y;
}

// The quantile of the standard normal distribution.
function ndtri(p) {
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
  if (!(p > 0 && p < 1)) return NaN;
  if (p > 0.25 && p < 0.75) return Math.SQRT2 * erfinv(2 * (p - 0.5));
  return p < 0.5 ? -Math.SQRT2 * erfcInverse(2 * p) : Math.SQRT2 * erfcInverse(2 * (1 - p));
}

// The modified Bessel function of order n = 0, 1: its power series, or the asymptotic one for large arguments.
function besselI(n, x) {
  const size = Math.abs(x);
  const signed = n === 1 && x < 0 ? -1 : 1;
  if (!(size <= 40)) return signed * besselIAsymptotic(n, size);
  let term = n === 1 ? size / 2 : 1;
  let sum = term;
  for (let k = 1; term > 1e-17 * sum; k++) sum += term *= (size * size) / (4 * k * (k + n));
  return signed * sum;
}

function besselIAsymptotic(n, x) {
  if (x === Infinity) return x;
  let term = 1;
  let sum = 1;
  for (let k = 1; k < 40 && Math.abs(term) > 1e-17; k++) {
    term *= -(4 * n * n - (2 * k - 1) * (2 * k - 1)) / (8 * k * x);
    sum += term;
  }
  const root = Math.exp(x / 2);
  return (root / Math.sqrt(2 * Math.PI * x)) * sum * root;
}

function besselI0(x) {
  return besselI(0, x);
}

function besselI1(x) {
  return besselI(1, x);
}
