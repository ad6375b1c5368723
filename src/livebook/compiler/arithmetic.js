// C's pow where JavaScript's differs: 1 to any power, and -1 to an infinite one, is 1.
function power(base, exponent) {
  if (base === 1 || (base === -1 && (exponent === Infinity || exponent === -Infinity))) return 1;
  return Math.pow(base, exponent);
}

// The sign as a number; zero for both zeros and for NaN, as in torch.
function sign(x) {
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}

// Round to the nearest integer, halves to the even one.
function roundEven(x) {
  const down = Math.floor(x);
  const rest = x - down;
  if (!(rest >= 0)) return x; // infinities and NaN
  const up = rest > 0.5 || (rest === 0.5 && down % 2 !== 0);
  const result = up ? down + 1 : down;
  return result === 0 && (x < 0 || Object.is(x, -0)) ? -0 : result;
}

function copySign(x, y) {
  const size = Math.abs(x);
  return y < 0 || Object.is(y, -0) ? -size : size;
}

// The remainder with the sign of the divisor.
function remainder(x, y) {
  const rest = x % y;
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
}

// The quotient rounded down: exact where it is representable, because the remainder is taken off first.
function floorDivide(x, y) {
  if (y === 0) return x / y;
  const rest = x % y;
  let quotient = (x - rest) / y;
  if (rest !== 0 && rest < 0 !== y < 0) quotient -= 1;
  if (quotient === 0) return copySign(0, x / y);
  const down = Math.floor(quotient);
  return quotient - down > 0.5 ? down + 1 : down;
}

function logAddExp(x, y) {
  const high = Math.max(x, y);
  if (high === Infinity || high === -Infinity || high !== high) return high;
  return high + Math.log1p(Math.exp(Math.min(x, y) - high));
}

// The number that 16 bits encode in half precision.
function halfToNumber(bits) {
  const signed = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : signed * Infinity;
  return exponent === 0 ? signed * fraction * 2 ** -24 : signed * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
