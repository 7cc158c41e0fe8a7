import InstarCalendar
import Testing

/// Reference values come from Python 3 `zoneinfo` with tzdata 2025b. The digests run over instants drawn with
/// `KnuthGenerator(state: 1)`: `digest(utcoffset(lower + draw() % (upper - lower)))` in whole seconds.
@Suite struct ZoneTests {
  static let offsets: [(String, UInt64)] = [
    ("Europe/Istanbul", 0x3e37_a1c6_57fa_0815), ("America/New_York", 0x1e9e_02a3_0f0f_6c15),
    ("Asia/Kathmandu", 0x928a_55f8_6532_59d5), ("Australia/Lord_Howe", 0xa0db_44fc_d1aa_b0fd),
    ("Pacific/Apia", 0x2159_0e74_00d5_c4a5), ("Asia/Beirut", 0x7222_af5c_99d0_4cd5),
    ("America/St_Johns", 0xdec4_e611_b6f8_b8e5), ("Africa/Casablanca", 0xe741_676a_89a5_5025),
  ]

  @Test(arguments: offsets) func offsetsOf1970To2023AgreeWithPython(name: String, digest: UInt64) throws {
    #expect(Self.digest(try Zone.named(name), from: utc(1970, 1, 1), to: utc(2024, 1, 1)) == digest)
  }

  static let rules: [(String, UInt64)] = [
    ("EST5EDT,M3.2.0,M11.1.0", 0x8df9_8f3a_df46_9f35), ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 0x1cff_5e92_6126_92e5),
    ("GMT0BST,M3.5.0/1,M10.5.0", 0x19db_b1f5_c41e_b3b5), ("<+0545>-5:45", 0x2b92_f2c1_6770_d325),
  ]

  @Test(arguments: rules) func rulesReachBeyondTheirTable(rule: String, digest: UInt64) throws {
    let zone = try #require(Zone(name: "rule", rule: rule))
    #expect(Self.digest(zone, from: utc(2040, 1, 1), to: utc(3000, 1, 1)) == digest)
  }

  static func digest(_ zone: Zone, from lower: Int64, to upper: Int64) -> UInt64 {
    var random = KnuthGenerator(state: 1)
    var digest = Digest()
    for _ in 0..<4000 {
      let second = lower / 1000 + Int64(random.draw() % UInt64((upper - lower) / 1000))
      digest.add(zone.offset(at: second * 1000) / 1000)
    }
    return digest.value
  }

  @Test func rulesOfEveryKind() throws {
    // Julian days: J60 is 1 March in every year; 59 is 29 February in a leap year and 1 March else.
    let julian = try #require(Zone(name: "julian", rule: "AAA0BBB,J60/0,J300/0"))
    #expect(julian.offset(at: utc(2024, 3, 1) - 1) == 0)
    #expect(julian.offset(at: utc(2024, 3, 1)) == 3_600_000)
    let counted = try #require(Zone(name: "counted", rule: "AAA0BBB,59/0,299/0"))
    #expect(counted.offset(at: utc(2024, 2, 29)) == 3_600_000)
    #expect(counted.offset(at: utc(2023, 3, 1) - 1) == 0)
    // RFC 9636: daylight saving time all year.
    let always = try #require(Zone(name: "always", rule: "EST5EDT,0/0,J365/25"))
    #expect(always.offset(at: utc(2026, 1, 1, 5)) == -4 * 3_600_000)
    #expect(always.offset(at: utc(2026, 12, 31, 23, 59)) == -4 * 3_600_000)
    // Negative hours: Greenland's changes on the Saturday before.
    let negative = try #require(Zone(name: "negative", rule: "<-02>2<-01>,M3.5.0/-1,M10.5.0/0"))
    #expect(negative.offset(at: utc(2026, 3, 29, 1) - 1) == -2 * 3_600_000)
    #expect(negative.offset(at: utc(2026, 3, 29, 1)) == -3_600_000)
    for damaged in ["", "A", "EST", "EST5EDT,M13.1.0,M11.1.0", "EST5EDT,M3.2.0", "EST5EDT", "EST5EDT,M3.2.0,M11.1.0x"] {
      #expect(Zone(name: "damaged", rule: damaged) == nil, "\(damaged)")
    }
  }

  @Test func localTimesInGapsAndOverlaps() throws {
    let newYork = try Zone.named("America/New_York")
    // 2026-03-08: 02:00 EST becomes 03:00 EDT at 07:00 UTC; 2026-11-01: 02:00 EDT becomes 01:00 EST at 06:00 UTC.
    #expect(newYork.instant(ofLocal: utc(2026, 3, 8, 1, 59)) == utc(2026, 3, 8, 6, 59))
    #expect(newYork.instant(ofLocal: utc(2026, 3, 8, 2, 30)) == utc(2026, 3, 8, 7))
    #expect(newYork.instant(ofLocal: utc(2026, 3, 8, 3)) == utc(2026, 3, 8, 7))
    #expect(newYork.instant(ofLocal: utc(2026, 11, 1, 1, 30)) == utc(2026, 11, 1, 5, 30))
    #expect(newYork.instant(ofLocal: utc(2026, 11, 1, 2)) == utc(2026, 11, 1, 7))
    #expect(newYork.isAmbiguous(local: utc(2026, 11, 1, 1, 30)))
    #expect(!newYork.isAmbiguous(local: utc(2026, 11, 1, 2)))
    #expect(!newYork.isAmbiguous(local: utc(2026, 3, 8, 2, 30)))
    // Istanbul stayed at +03:00 when it did not go back in October 2016.
    let istanbul = try Zone.named("Europe/Istanbul")
    #expect(istanbul.offset(at: utc(2016, 12, 1)) == 3 * 3_600_000)
    #expect(istanbul.offset(at: utc(2012, 12, 1)) == 2 * 3_600_000)
    // Apia went from -10:00 to +14:00 at the end of 2011-12-29 local time.
    let apia = try Zone.named("Pacific/Apia")
    #expect(apia.instant(ofLocal: utc(2011, 12, 30, 12)) == utc(2011, 12, 30, 10))
    #expect(apia.instant(ofLocal: utc(2011, 12, 31)) == utc(2011, 12, 30, 10))
  }

  @Test(arguments: zonesUnderTest) func segmentsTileTheTime(name: String) throws {
    let zone = try Zone.named(name)
    var random = KnuthGenerator(state: 7)
    for _ in 0..<2000 {
      let instant = random.instant(in: utc(1850, 1, 1)..<utc(3500, 1, 1))
      let segment = zone.segment(at: instant)
      #expect(segment.start <= instant && instant < segment.end)
      #expect(segment.offset == zone.offset(at: instant))
      let first = zone.instant(ofLocal: zone.local(at: instant))
      #expect(first == instant || (first < instant && zone.isAmbiguous(local: zone.local(at: instant))))
    }
  }

  @Test func namesAreLookedUpAndSuggested() {
    #expect(try! Zone.named("UTC") == .utc)
    #expect(try! Zone.named("+03:00").offset(at: 0) == 10_800_000)
    #expect(try! Zone.named("-0530").name == "-05:30")
    func suggestions(_ name: String) -> [String]? {
      do {
        _ = try Zone.named(name)
        return nil
      } catch {
        guard case .unknown(_, let suggestions) = error else { return nil }
        return suggestions
      }
    }
    #expect(suggestions("Europe/Istambul")?.first == "Europe/Istanbul")
    #expect(suggestions("istanbul")?.contains("Europe/Istanbul") == true)
    #expect(suggestions("new york")?.first == "America/New_York")
    #expect(suggestions("../../etc/passwd") == [])
    #expect(suggestions("Europe") != nil)
    #expect(suggestions("") != nil)
    #expect(ZoneError.unknown(name: "X", suggestions: ["Y"]).message == "no time zone named 'X'; did you mean 'Y'?")
  }

  @Test func damagedFilesAreRefused() {
    // A version 1 file: 2 transitions (0 s and 1000 s), 2 types (+1 h, +2 h), no abbreviation.
    var file = Array("TZif".utf8) + [0] + [UInt8](repeating: 0, count: 15)
    for count: UInt8 in [0, 0, 0, 2, 2, 0] { file += [0, 0, 0, count] }
    file += [0, 0, 0, 0, 0, 0, 3, 232]  // times
    file += [1, 0]  // types
    file += [0, 0, 14, 16, 0, 0, 0, 0, 28, 32, 1, 0]  // 3600 s and 7200 s
    let zone = Zone(name: "small", fileContents: file)
    #expect(zone?.offset(at: -1) == 3_600_000)
    #expect(zone?.offset(at: 0) == 7_200_000)
    #expect(zone?.offset(at: 1_000_000) == 3_600_000)
    for length in 0..<file.count {
      #expect(Zone(name: "cut", fileContents: Array(file[..<length])) == nil)
    }
    var wrongType = file
    wrongType[52] = 9
    #expect(Zone(name: "wrong type", fileContents: wrongType) == nil)
  }
}
