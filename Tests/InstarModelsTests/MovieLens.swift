import InstarModels
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// MovieLens-100k as PyPI's package recbole carries it: fetched when a test asks for it, and no part of this repository.
struct MovieLens {
  struct Rating {
    var user: UInt32
    var item: UInt32
    var stars: Double
    var time: Int64

    var isPositive: Bool { stars >= 4 }
  }

  struct Unavailable: Error, CustomStringConvertible {
    let description = "MovieLens-100k could not be fetched: `python3 -m pip download recbole` must work"
  }

  /// Users one after the other, each by time; ratings of one second by the number of the film.
  let ratings: [Rating]
  let itemCount: Int
  let userCount: Int
  /// Title, year and genres.
  let documents: ItemDocuments

  private static let script = """
    import glob, subprocess, sys, tempfile, zipfile
    with tempfile.TemporaryDirectory() as folder:
      subprocess.run([sys.executable, '-m', 'pip', 'download', '-q', '--no-deps', '-d', folder, 'recbole'], check=True)
      wheel = zipfile.ZipFile(glob.glob(folder + '/*.whl')[0])
      for name in ['item', 'inter']:
        print(wheel.read('recbole/dataset_example/ml-100k/ml-100k.' + name).decode())
    """

  /// - Throws: ``Unavailable`` where the package cannot be had.
  static func fetch() throws -> MovieLens {
    guard let pipe = popen("python3 -c \"$(cat <<'END'\n\(script)\nEND\n)\"", "r") else { throw Unavailable() }
    defer { pclose(pipe) }
    var lines: [[Substring]] = []
    var buffer = [CChar](repeating: 0, count: 1024)
    while fgets(&buffer, 1024, pipe) != nil {
      let line = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      lines.append(line.split(separator: "\t", omittingEmptySubsequences: false).map { $0.prefix { $0 != "\n" } })
    }
    return try MovieLens(lines)
  }

  /// Films as `number title year genres`, ratings as `user film stars seconds`.
  private init(_ lines: [[Substring]]) throws {
    let descriptions = lines.compactMap { fields -> (film: Int, fields: [Substring])? in
      guard fields.count == 4, let first = Int(fields[0]) else { return nil }
      return Int64(fields[3].prefix { $0 != "." }) == nil ? (first, fields) : nil
    }
    var found = lines.compactMap { fields -> Rating? in
      guard fields.count == 4, let user = UInt32(fields[0]), let film = UInt32(fields[1]),
        let stars = Double(fields[2]),
        let seconds = Double(fields[3])
      else { return nil }
      return Rating(user: user - 1, item: film - 1, stars: stars, time: Int64(seconds) * 1000)
    }
    guard found.count == 100_000 else { throw Unavailable() }
    found.sort { ($0.user, $0.time, $0.item) < ($1.user, $1.time, $1.item) }
    ratings = found
    itemCount = Int(found.map(\.item).max() ?? 0) + 1
    userCount = Int(found.map(\.user).max() ?? 0) + 1
    var documents = ItemDocuments(itemCount: itemCount)
    for (film, fields) in descriptions where film <= itemCount {
      let item = UInt32(film - 1)
      documents.add(text: String(fields[1]), to: item)
      if let year = Double(fields[2]) { documents.add(field: "year", number: year, to: item) }
      for genre in fields[3].split(separator: " ") { documents.add(field: "genre", value: String(genre), to: item) }
    }
    self.documents = documents
  }

  /// The ratings of 4 and 5 as a log.
  func positives() -> Interactions { log(ratings.filter(\.isPositive)) }

  private func log(_ ratings: [Rating]) -> Interactions {
    var builder = InteractionsBuilder(itemCount: itemCount, catalog: CatalogWeights(), before: .max)
    for rating in ratings { builder.append(user: rating.user, item: rating.item, time: rating.time, effect: .consumes) }
    return builder.finish(userCount: userCount)
  }

  /// The films that each user rated, however, among those for which `isKnown` holds.
  func rated(where isKnown: (Rating) -> Bool) -> UserItems { log(ratings.filter(isKnown)).everConsumed() }

  /// The moment before which four fifths of all ratings lie.
  var cut: Int64 { ratings.map(\.time).sorted()[ratings.count * 4 / 5] }
}
