import InstarBehavior
import Testing

@Suite struct WindowCountTests {
  /// Two users; types 0 and 1 are in set 0, type 1 in set 3, type 2 in none, and type 7 is not known.
  @Test func countsByHand() {
    var counts = WindowCounts(instants: [0, 20, 40, 20], masks: [0b0001, 0b1001, 0])
    #expect(counts.instants == [40, 20, 0])
    let times: [Int64] = [5, 18, 20, 30, 39, 40, 50, -3, 40, 41]
    let types: [UInt32] = [0, 1, 0, 1, 2, 1, 7, 0, 0, 1]
    let starts = [0, 7, 10]
    counts.update(starts: starts.span, times: times.span, types: types.span)
    #expect(counts.counts(.init(set: 0, from: 0, to: nil), users: 2) == [1, 2])
    #expect(counts.counts(.init(set: 0, from: 1, to: 0), users: 2) == [2, 0])
    #expect(counts.counts(.init(set: 0, from: 2, to: nil), users: 2) == [5, 2])
    #expect(counts.counts(.init(set: 3, from: 2, to: 1), users: 2) == [1, 0])
    #expect(counts.counts(.init(set: 3, from: 0, to: nil), users: 2) == [1, 1])
    #expect(counts.counts(.init(set: 1, from: 2, to: nil), users: 2) == [0, 0])
    #expect(counts.holds(.init(set: 0, from: 1, to: 0), 1...2, users: 2) == [1, 0])
    #expect(counts.holds(.init(set: 0, from: 2, to: nil), 0...4, users: 2) == [0, 1])
    // A batch of fewer users takes its place.
    let later = [0, 1]
    let (time, type): ([Int64], [UInt32]) = ([100], [1])
    counts.update(starts: later.span, times: time.span, types: type.span)
    #expect(counts.counts(.init(set: 0, from: 0, to: nil), users: 1) == [1])
    #expect(counts.counts(.init(set: 0, from: 2, to: 0), users: 1) == [0])
  }
}
