#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What a user will bring: expected purchases times expected value of a purchase.
///
/// Reference page: `docs/reference/predict/lifetime.md`.
package struct CustomerValue: Sendable, Equatable {
  package let purchases: PurchaseModel
  package let spend: SpendModel

  package init(purchases: PurchaseModel, spend: SpendModel) {
    self.purchases = purchases
    self.spend = spend
  }

  /// The expected value of the purchases in the next `t`.
  ///
  /// - Parameters:
  ///   - count: purchases that `mean` is the mean of.
  ///   - t: in the unit of the history.
  package func expected(_ history: PurchaseHistory, count: Int, mean: Double, within t: Double) -> Double {
    purchases.expectedPurchases(history, within: t) * spend.expectedSpend(count: count, mean: mean)
  }

  /// The present value of the purchases in the next `periods` periods, each discounted to its end.
  ///
  /// - Parameters:
  ///   - periodLength: in the unit of the history.
  ///   - rate: discount of one period, 0.01 for one per cent.
  package func discounted(
    _ history: PurchaseHistory, count: Int, mean: Double, periods: Int, periodLength: Double, rate: Double
  ) -> Double {
    var (sum, before) = (0.0, 0.0)
    for period in 1...max(1, periods) {
      let until = purchases.expectedPurchases(history, within: Double(period) * periodLength)
      sum += (until - before) / pow(1 + rate, Double(period))
      before = until
    }
    return sum * spend.expectedSpend(count: count, mean: mean)
  }
}
