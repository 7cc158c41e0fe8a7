import Instar

/// Events of a made-up shop, one after the other in time: the columns of the benchmark's log.
struct SampleEvents {
  private var state: UInt64 = 7
  private var moment: Int64 = 1_735_689_600_000
  private static let countries = ["CN", "US", "DE", "FR", "GB", "JP"]
  private static let channels = ["organic", "email", "ads", "social"]

  mutating func next() -> Event {
    moment += Int64(below(2000))
    let draw = below(100)
    return Event(
      user: "u\(below(50_000))", time: Timestamp(millisecondsSince1970: moment),
      type: draw < 82 ? "view" : draw < 94 ? "cart" : "purchase", item: "p\(below(50_000))",
      amount: Double(below(10_000)) / 100,
      properties: [
        "country": .text(Self.countries[below(Self.countries.count)]),
        "channel": .text(Self.channels[below(Self.channels.count)]),
      ])
  }

  mutating func next(_ count: Int) -> [Event] { (0..<count).map { _ in next() } }

  /// SplitMix64 (Steele, Lea, Flood 2014), reduced to a range; the bias is below one in 2^47.
  private mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
  }
}

extension Event {
  /// The event as a line of the log: the bytes that a raw commit stores.
  var line: [UInt8] {
    var text = "\(time),\(user),\(type),\(item ?? ""),\(amount ?? 0)"
    for case (_, .text(let word)) in properties.sorted(by: { $0.key < $1.key }) { text += ",\(word)" }
    return Array(text.utf8)
  }
}
