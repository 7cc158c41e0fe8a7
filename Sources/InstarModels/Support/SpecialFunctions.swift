#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// ln Γ(x) of a positive `x`, by Stirling's series after a shift to x ≥ 12; the absolute error is about 1e-14.
///
/// - Complexity: O(1), two logarithms.
func logGamma(_ x: Double) -> Double {
  var (shifted, product) = (x, 1.0)
  while shifted < 12 {
    product *= shifted
    shifted += 1
  }
  let inverse = 1 / shifted
  let square = inverse * inverse
  let series =
    inverse
    * (1.0 / 12
      - square * (1.0 / 360 - square * (1.0 / 1260 - square * (1.0 / 1680 - square * (1.0 / 1188)))))
  return (shifted - 0.5) * log(shifted) - shifted + 0.918938533204672742 + series - log(product)
}

/// The derivative of ``logGamma(_:)`` at a positive `x`, by its asymptotic series after a shift to x ≥ 10.
func digamma(_ x: Double) -> Double {
  var (shifted, sum) = (x, 0.0)
  while shifted < 10 {
    sum -= 1 / shifted
    shifted += 1
  }
  let square = 1 / (shifted * shifted)
  let series =
    square
    * (1.0 / 12
      - square * (1.0 / 120 - square * (1.0 / 252 - square * (1.0 / 240 - square * (1.0 / 132)))))
  return sum + log(shifted) - 0.5 / shifted - series
}

/// ln B(a, b) of positive numbers.
func logBeta(_ a: Double, _ b: Double) -> Double { logGamma(a) + logGamma(b) - logGamma(a + b) }

/// ln(e^a + e^b), without overflow; either may be minus infinity.
func logAddExp(_ a: Double, _ b: Double) -> Double {
  let (low, high) = a < b ? (a, b) : (b, a)
  return low == -.infinity ? high : high + log1p(exp(low - high))
}

/// Gauss's hypergeometric function 2F1(1, b; c; z) for 0 ≤ z < 1 and 0 < b ≤ c, by its continued fraction.
///
/// All elements of the fraction have one sign, so nothing cancels; near z = 1 it needs about 20/sqrt(1-z) terms where
/// the power series needs 40/(1-z) (NIST Handbook of Mathematical Functions, 15.7).
func hypergeometricOne(_ b: Double, _ c: Double, _ z: Double) -> Double {
  var (value, term, ratio) = (1.0, 1.0, 1.0)
  var k = 0.0
  while k < 100_000 {
    let odd = (b + k) * (c - 1 + k) / ((c - 1 + 2 * k) * (c + 2 * k))
    ratio = 1 / (1 - odd * z * ratio)
    term *= ratio - 1
    value += term
    k += 1
    let even = k * (c - 1 - b + k) / ((c - 2 + 2 * k) * (c - 1 + 2 * k))
    ratio = 1 / (1 - even * z * ratio)
    term *= ratio - 1
    value += term
    if abs(term) <= 1e-16 * abs(value) { break }
  }
  return value
}

/// The probability that a chi-squared variable of `degrees` degrees of freedom exceeds `x`: the upper incomplete gamma
/// function Q(degrees/2, x/2), by its series or its continued fraction.
func chiSquaredTail(_ x: Double, degrees: Int) -> Double {
  let (a, y) = (Double(degrees) / 2, x / 2)
  if !(y > 0) || degrees < 1 { return 1 }
  let front = exp(a * log(y) - y - logGamma(a))
  if y < a + 1 {
    var (term, sum, k) = (1 / a, 1 / a, a)
    while abs(term) > 1e-17 * sum {
      k += 1
      term *= y / k
      sum += term
    }
    return max(0, 1 - front * sum)
  }
  // Lentz's method on 1/(y+1-a- 1(1-a)/(y+3-a- 2(2-a)/(y+5-a- ...))).
  var b = y + 1 - a
  var (c, d) = (1e300, 1 / b)
  var fraction = d
  var k = 1.0
  while k < 10_000 {
    let element = -k * (k - a)
    b += 2
    d = 1 / (element * d + b)
    c = b + element / c
    let factor = c * d
    fraction *= factor
    if abs(factor - 1) < 1e-16 { break }
    k += 1
  }
  return front * fraction
}

/// The z for which a standard normal variable stays below z with probability `p`, 0 < p < 1, by Newton's method.
func normalQuantile(_ p: Double) -> Double {
  let tail = min(p, 1 - p)
  var z = (-2 * log(tail)).squareRoot()
  for _ in 0..<100 {
    let above = 0.5 * erfc(z / 2.0.squareRoot())
    let density = exp(-0.5 * z * z) / (2 * Double.pi).squareRoot()
    // A step on ln(above), which is nearly linear far out.
    let step = log(above / tail) * above / density
    z += step
    if abs(step) < 1e-15 * max(1, z) { break }
  }
  return p < 0.5 ? -z : z
}
