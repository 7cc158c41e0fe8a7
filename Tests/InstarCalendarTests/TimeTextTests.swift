import InstarCalendar
import Testing

@Suite struct TimeTextTests {
  static func parse(_ text: String, _ format: TimeFormat, _ zone: Zone = .utc) -> Int64? {
    var parser = TimeParser(format, zone: zone)
    return parser.parse(text)
  }

  static let readable: [(String, TimeFormat, Int64)] = [
    ("2026-01-31", .yearFirst, utc(2026, 1, 31)),
    ("2026-01-31 10:15", .yearFirst, utc(2026, 1, 31, 10, 15)),
    ("2026-01-31 10:15:30", .yearFirst, utc(2026, 1, 31, 10, 15, 30)),
    ("2026-01-31 10:15:30.25", .yearFirst, utc(2026, 1, 31, 10, 15, 30) + 250),
    ("2026-01-31 10:15:30.123456789", .yearFirst, utc(2026, 1, 31, 10, 15, 30) + 123),
    ("2026-01-31 10:15:30,5", .yearFirst, utc(2026, 1, 31, 10, 15, 30) + 500),
    ("2026-01-31T10:15:30Z", .yearFirst, utc(2026, 1, 31, 10, 15, 30)),
    ("2026-01-31t10:15:30z", .yearFirst, utc(2026, 1, 31, 10, 15, 30)),
    ("2026-01-31T10:15:30+03:00", .yearFirst, utc(2026, 1, 31, 7, 15, 30)),
    ("2026-01-31 10:15:30 -0530", .yearFirst, utc(2026, 1, 31, 15, 45, 30)),
    ("2026-01-31 10:15:30.5+03", .yearFirst, utc(2026, 1, 31, 7, 15, 30) + 500),
    ("2026-01-31 10:15:30 UTC", .yearFirst, utc(2026, 1, 31, 10, 15, 30)),
    ("2026/1/31 9:05", .yearFirst, utc(2026, 1, 31, 9, 5)),
    ("20260131", .yearFirst, utc(2026, 1, 31)),
    ("20260131T101530Z", .yearFirst, utc(2026, 1, 31, 10, 15, 30)),
    ("2016-12-31T23:59:60Z", .yearFirst, utc(2017, 1, 1)),
    (" 2026-01-31\r", .yearFirst, utc(2026, 1, 31)),
    ("31/01/2026 10:15", .dayFirst, utc(2026, 1, 31, 10, 15)),
    ("31.01.2026", .dayFirst, utc(2026, 1, 31)),
    ("3-2-99", .dayFirst, utc(1999, 2, 3)),
    ("1/31/2026", .monthFirst, utc(2026, 1, 31)),
    ("12/1/2010 8:26", .monthFirst, utc(2010, 12, 1, 8, 26)),
    ("01-31-2026 8:26:00 AM", .monthFirst, utc(2026, 1, 31, 8, 26)),
    ("1/31/2026, 12:05 pm", .monthFirst, utc(2026, 1, 31, 12, 5)),
    ("1/31/26 12:05AM", .monthFirst, utc(2026, 1, 31, 0, 5)),
    ("1769854500", .epoch(.seconds), utc(2026, 1, 31, 10, 15)),
    ("1769854500.25", .epoch(.seconds), utc(2026, 1, 31, 10, 15) + 250),
    ("-1", .epoch(.seconds), -1000),
    ("-1.5", .epoch(.seconds), -1500),
    ("1769854500000", .epoch(.milliseconds), utc(2026, 1, 31, 10, 15)),
    ("1769854500000.0", .epoch(.milliseconds), utc(2026, 1, 31, 10, 15)),
    ("1769854500000999", .epoch(.microseconds), utc(2026, 1, 31, 10, 15)),
    ("1769854500000999999", .epoch(.nanoseconds), utc(2026, 1, 31, 10, 15)),
  ]

  @Test(arguments: readable) func timesAreRead(text: String, format: TimeFormat, expected: Int64) {
    #expect(Self.parse(text, format) == expected)
  }

  @Test func otherTextIsNoTime() {
    let texts = [
      "", " ", "x", "2026", "2026-01", "2026-13-01", "2026-02-29", "2026-01-31x", "2026-01-31 ", "2026-01-31 10",
      "2026-01-31 1:2", "2026-01-31 24:00", "2026-01-31 10:60", "2026-01-31 10:15:61", "2026-01-31 10:15:30.",
      "2026-01-31 13:00 PM", "2026-01-31 10:15 +3", "2026-01-31 10:15 +19:00", "2026-01/31", "32/01/2026",
      "99999999999999999999", "--1", "-", "1e9", "2026-01-31T10:15:30Zjunk", "20260131T", "\u{0660}",
    ]
    for text in texts {
      for format in TimeFormat.all {
        let isDate = text == "2026-01-31 " && format == .yearFirst
        let isNumber = text == "2026" && TimeFormat.all.suffix(4).contains(format)
        #expect((Self.parse(text, format) != nil) == (isDate || isNumber), "\(text) \(format)")
      }
    }
    #expect(Self.parse("31.01.2026", .monthFirst) == nil)
    #expect(Self.parse("9223372036854775807", .epoch(.seconds)) == nil)
  }

  @Test func cutTextsNeverTrap() {
    for (text, _, _) in Self.readable {
      let bytes = Array(text.utf8)
      for length in 0...bytes.count {
        for format in TimeFormat.all { _ = Self.parse(String(decoding: bytes[..<length], as: UTF8.self), format) }
      }
    }
  }

  @Test(arguments: zonesUnderTest) func localTimesRoundTrip(name: String) throws {
    let zone = try Zone.named(name)
    var random = KnuthGenerator(state: 5)
    var local = TimeParser(.yearFirst, zone: zone)
    var standard = TimeParser(.yearFirst)
    for _ in 0..<3000 {
      // Neighbours in time, as in a file, with a leap now and then.
      let instant = random.instant(in: utc(1970, 1, 1)..<utc(2060, 1, 1))
      for step in 0..<3 {
        let moment = instant + Int64(step) * 3_600_000
        let text = TimeFormatter(zone: zone).text(moment)
        #expect(local.parse(text) == zone.instant(ofLocal: zone.local(at: moment)), "\(name) \(text)")
        let rfc3339 = TimeFormatter(zone: zone, style: .rfc3339).text(moment)
        #expect(standard.parse(rfc3339) == moment, "\(name) \(rfc3339)")
      }
    }
  }

  @Test func bytesInPlaceAreRead() {
    var parser = TimeParser(.yearFirst)
    let line = Array("u1,2026-01-31 10:15,view".utf8)
    line.withUnsafeBytes { bytes in
      #expect(parser.parse(UnsafeRawBufferPointer(rebasing: bytes[3..<19])) == utc(2026, 1, 31, 10, 15))
    }
  }

  @Test func formatsAreSniffed() {
    func verdict(_ samples: String...) -> TimeSniffer.Verdict {
      var sniffer = TimeSniffer()
      for sample in samples { sniffer.add(sample) }
      return sniffer.verdict
    }
    #expect(verdict("2026-01-31 10:15", "", "2026-02-01") == .format(.yearFirst))
    #expect(verdict("12/1/2010 8:26", "12/2/2010 9:00") == .ambiguous([.dayFirst, .monthFirst]))
    #expect(verdict("12/1/2010 8:26", "12/13/2010 9:00") == .format(.monthFirst))
    #expect(verdict("31/01/2026", "01/02/2026") == .format(.dayFirst))
    #expect(verdict("01.02.2026") == .format(.dayFirst))
    #expect(verdict("1769854500") == .format(.epoch(.seconds)))
    #expect(verdict("978300760") == .format(.epoch(.seconds)))
    #expect(verdict("1433221332117") == .format(.epoch(.milliseconds)))
    #expect(verdict("1769854500000000") == .format(.epoch(.microseconds)))
    #expect(verdict("1769854500000000000") == .format(.epoch(.nanoseconds)))
    #expect(verdict("20260131") == .format(.yearFirst))
    #expect(verdict("red", "17850", "") == .noTime)
    #expect(verdict() == .noTime)
    var sniffer = TimeSniffer()
    for sample in ["2026-01-31", "n/a", "2026-02-01"] { sniffer.add(sample) }
    #expect(sniffer.verdict == .format(.yearFirst))
    #expect(sniffer.matchCount(of: .yearFirst) == 2)
    #expect(sniffer.sampleCount == 3)
    for format in TimeFormat.all { #expect(TimeFormat(name: format.name) == format) }
  }

  @Test func timesAreWritten() throws {
    let istanbul = try Zone.named("Europe/Istanbul")
    let moment = utc(2026, 3, 15, 21, 5, 7) + 40
    func text(_ precision: TimeFormatter.Precision, _ style: TimeFormatter.Style = .local) -> String {
      TimeFormatter(zone: istanbul, precision: precision, style: style).text(moment)
    }
    #expect(text(.days) == "2026-03-16")
    #expect(text(.minutes) == "2026-03-16 00:05")
    #expect(text(.seconds) == "2026-03-16 00:05:07")
    #expect(text(.milliseconds) == "2026-03-16 00:05:07.040")
    #expect(text(.automatic, .rfc3339) == "2026-03-16T00:05:07.040+03:00")
    #expect(TimeFormatter(style: .rfc3339).text(0) == "1970-01-01T00:00:00Z")
    #expect(TimeFormatter().text(-1) == "1969-12-31 23:59:59.999")
    #expect(TimeFormatter.offsetText(-19_800_000) == "-05:30")
  }
}
