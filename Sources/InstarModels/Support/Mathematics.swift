#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The logistic function 1/(1+e^-z), without overflow for any finite `z`.
package func sigmoid(_ z: Double) -> Double {
  if z >= 0 { return 1 / (1 + exp(-z)) }
  let power = exp(z)
  return power / (1 + power)
}

/// The negative log-likelihood of the label `y` (0 or 1) at the logit `z`: log(1+e^z) - yz, without overflow.
package func logisticLoss(logit z: Double, label y: Double) -> Double {
  max(z, 0) - y * z + log1p(exp(-abs(z)))
}

/// sign(x) ln(1+|x|): tames heavy tails, keeps the sign and zero, and is nearly linear around zero.
package func signedLogarithm(_ x: Double) -> Double {
  x < 0 ? -log1p(-x) : log1p(x)
}

/// The inverse of ``signedLogarithm(_:)``.
package func signedExponential(_ x: Double) -> Double {
  x < 0 ? -expm1(-x) : expm1(x)
}
