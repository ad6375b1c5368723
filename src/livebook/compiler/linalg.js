// Small dense matrices, row-major, `count` of them one after another.

// a = l lᵀ; NaN where the matrix is not positive definite.
function cholesky(a, l, count, n) {
  for (let m = 0; m < count; m++) {
    const base = m * n * n;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        if (j > i) {
          l[base + i * n + j] = 0;
          continue;
        }
        let sum = a[base + i * n + j];
        for (let k = 0; k < j; k++) sum -= l[base + i * n + k] * l[base + j * n + k];
        l[base + i * n + j] = i === j ? Math.sqrt(sum) : sum / l[base + j * n + j];
      }
    }
  }
}

// a x = y for triangular a (n × n) and y (n × columns).
function solveTriangular(a, y, x, count, n, columns, upper, unit) {
  for (let m = 0; m < count; m++) {
    for (let c = 0; c < columns; c++) {
      for (let step = 0; step < n; step++) {
        const i = upper ? n - 1 - step : step;
        let sum = y[(m * n + i) * columns + c];
        for (let k = upper ? i + 1 : 0; k < (upper ? n : i); k++) {
          sum -= a[(m * n + i) * n + k] * x[(m * n + k) * columns + c];
        }
        x[(m * n + i) * columns + c] = unit ? sum : sum / a[(m * n + i) * n + i];
      }
    }
  }
}

// LU factors with partial pivoting; pivots are counted from 1: row i was exchanged with row pivots[i] - 1.
function luFactor(a, lu, pivots, count, n) {
  for (let at = 0; at < count * n * n; at++) lu[at] = a[at];
  for (let m = 0; m < count; m++) {
    for (let j = 0; j < n; j++) {
      const row = pivotRow(lu, m * n * n, j, n);
      pivots[m * n + j] = row + 1;
      exchangeRows(lu, m * n * n, j, row, n);
      eliminate(lu, m * n * n, j, n);
    }
  }
}

function pivotRow(lu, base, j, n) {
  let row = j;
  for (let i = j + 1; i < n; i++) {
    if (Math.abs(lu[base + i * n + j]) > Math.abs(lu[base + row * n + j])) row = i;
  }
  return row;
}

function exchangeRows(x, base, one, other, columns) {
  for (let c = 0; one !== other && c < columns; c++) {
    const kept = x[base + one * columns + c];
    x[base + one * columns + c] = x[base + other * columns + c];
    x[base + other * columns + c] = kept;
  }
}

function eliminate(lu, base, j, n) {
  const pivot = lu[base + j * n + j];
  for (let i = j + 1; i < n && pivot !== 0; i++) {
    const factor = (lu[base + i * n + j] /= pivot);
    for (let k = j + 1; k < n; k++) lu[base + i * n + k] -= factor * lu[base + j * n + k];
  }
}

// Solve from LU factors: a x = y, or aᵀ x = y.
function luSolve(lu, pivots, y, x, count, n, columns, transposed) {
  for (let at = 0; at < count * n * columns; at++) x[at] = y[at];
  for (let m = 0; m < count; m++) {
    const base = m * n * columns;
    for (let i = 0; i < n && !transposed; i++) exchangeRows(x, base, i, pivots[m * n + i] - 1, columns);
    for (let step = 0; step < n; step++) substitute(lu, x, m, step, n, columns, false, transposed);
    for (let step = n - 1; step >= 0; step--) substitute(lu, x, m, step, n, columns, true, transposed);
    for (let i = n - 1; i >= 0 && transposed; i--) exchangeRows(x, base, i, pivots[m * n + i] - 1, columns);
  }
}

// One row of a substitution. The diagonal belongs to U: the last sweep for a, the first for aᵀ.
function substitute(lu, x, m, i, n, columns, backwards, transposed) {
  for (let c = 0; c < columns; c++) {
    let sum = x[(m * n + i) * columns + c];
    for (let k = backwards ? i + 1 : 0; k < (backwards ? n : i); k++) {
      sum -= lu[m * n * n + (transposed ? k * n + i : i * n + k)] * x[(m * n + k) * columns + c];
    }
    const divide = backwards !== Boolean(transposed);
    x[(m * n + i) * columns + c] = divide ? sum / lu[(m * n + i) * n + i] : sum;
  }
}

function luDeterminant(lu, pivots, result, count, n) {
  for (let m = 0; m < count; m++) {
    let product = 1;
    for (let i = 0; i < n; i++) {
      product *= pivots[m * n + i] === i + 1 ? lu[(m * n + i) * n + i] : -lu[(m * n + i) * n + i];
    }
    result[m] = product;
  }
}

function luLogDeterminant(lu, pivots, signs, logs, count, n) {
  for (let m = 0; m < count; m++) {
    signs[m] = 1;
    logs[m] = 0;
    for (let i = 0; i < n; i++) {
      const pivot = lu[(m * n + i) * n + i];
      signs[m] *= (pivots[m * n + i] === i + 1 ? 1 : -1) * (pivot > 0 ? 1 : pivot < 0 ? -1 : pivot);
      logs[m] += Math.log(Math.abs(pivot));
    }
  }
}
