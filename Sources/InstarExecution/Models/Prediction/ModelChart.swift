/// Calibration and gain of one test as lines of text: tenths of the users, the highest predictions first.
struct ModelChart {
  private let bins: [ModelQuality.Bin]
  private static let width = 20

  init(_ quality: ModelQuality) { bins = quality.bins }

  /// "1  0.52 predicted  0.49 observed  ██████████  31 % of all": bars are of what came.
  var lines: [(String, String)] {
    let greatest = bins.map(\.observed).max() ?? 0
    let total = bins.reduce(0) { $0 + $1.observed * Double($1.rows) }
    guard greatest > 0, total > 0 else { return [] }
    var gained = 0.0
    return bins.enumerated().map { place, bin in
      gained += bin.observed * Double(bin.rows)
      let filled = Int((bin.observed / greatest * Double(Self.width)).rounded())
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
      let share = Int((gained / total * 100).rounded())
      return (
        "tenth \(place + 1)",
        "\(bar) predicted \(Self.text(bin.predicted)), came \(Self.text(bin.observed)); so far \(share) % of all"
      )
    }
  }

  private static func text(_ number: Double) -> String { "\((number * 1000).rounded() / 1000)" }
}
