import InstarCalendar

/// The 64-bit linear congruential generator of D. Knuth (MMIX), whose upper 53 bits the tables below were drawn with.
struct KnuthGenerator: RandomNumberGenerator {
  var state: UInt64

  /// The upper 53 bits of the next state.
  mutating func draw() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 11
  }

  mutating func next() -> UInt64 { draw() << 32 ^ draw() }

  mutating func instant(in range: Range<Int64>) -> Int64 {
    range.lowerBound + Int64(draw() % UInt64(range.upperBound - range.lowerBound))
  }
}

/// FNV-1a over whole 64-bit values.
struct Digest {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ number: Int64) {
    value = (value ^ UInt64(bitPattern: number)) &* 0x100_0000_01b3
  }
}

/// The instant of a UTC date and time, from the definition of the calendar alone: days counted year by year.
func utc(_ year: Int, _ month: Int, _ day: Int, _ hour: Int = 0, _ minute: Int = 0, _ second: Int = 0) -> Int64 {
  let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
  var days = day - 1
  for past in min(year, 1970)..<max(year, 1970) { days += (isLeap(past) ? 366 : 365) * (year < 1970 ? -1 : 1) }
  for past in 1..<month { days += lengths[past - 1] + (past == 2 && isLeap(year) ? 1 : 0) }
  return Int64(((days * 24 + hour) * 60 + minute) * 60 + second) * 1000
}

let zonesUnderTest = [
  "UTC", "Europe/Istanbul", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Beirut",
  "America/St_Johns", "Africa/Casablanca",
]
