/// Draws grammar rules as railroad diagrams: a sentence is a way along the line from left to right.
struct RailroadDiagram {
  /// A drawing that is entered at the left and left at the right, at the same height.
  private struct Track {
    var width: Int
    /// Room above and below the line.
    var above: Int
    var below: Int
    var draw: (_ x: Int, _ y: Int) -> String
  }

  private static let gap = 12
  private static let radius = 8
  private static let boxHalf = 12
  private static let rowWidth = 860

  /// An SVG with one diagram for each rule.
  static func svg(_ rules: [(name: String, form: Grammar.Form)]) -> String {
    var body = ""
    var y = 8
    var width = 0
    for (name, form) in rules {
      let track = rows(form)
      body += "<text class=\"name\" x=\"8\" y=\"\(y + 12)\">\(name)</text>\n"
      y += 24 + track.above
      body += "<path d=\"M8 \(y)h16M\(24 + track.width) \(y)h16\"/>\n"
      body += "<circle cx=\"8\" cy=\"\(y)\" r=\"3\"/><circle cx=\"\(40 + track.width)\" cy=\"\(y)\" r=\"3\"/>\n"
      body += track.draw(24, y)
      width = max(width, track.width + 56)
      y += track.below + 20
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(y)" viewBox="0 0 \(width) \(y)">
      <style>
      path { fill: none; stroke: #57606a; stroke-width: 1.5 } circle { fill: #57606a }
      rect { fill: #f6f8fa; stroke: #57606a } rect.word { fill: #ddf4ff }
      text { font: 12px ui-monospace, monospace; text-anchor: middle; fill: #1f2328 }
      text.name { text-anchor: start; font-weight: bold }
      @media (prefers-color-scheme: dark) {
      path { stroke: #8d96a0 } circle { fill: #8d96a0 }
      rect { fill: #161b22; stroke: #8d96a0 } rect.word { fill: #0c2d48 } text { fill: #e6edf3 }
      }
      </style>
      \(body)</svg>

      """
  }

  // MARK: - Forms

  private static func track(_ form: Grammar.Form) -> Track {
    switch form {
    case .literal(let text): box(text, "word", radius: 10)
    case .terminal(let name): box(name, "word", radius: 0)
    case .rule(let name): box(name, "rule", radius: 0)
    case .sequence(let forms): sequence(forms.map(track))
    case .choice(let forms): choice(forms.map(track))
    case .optional(let form): bypass(track(form))
    case .many(let form): bypass(loop(track(form)))
    case .some(let form): loop(track(form))
    }
  }

  private static func box(_ text: String, _ style: String, radius: Int) -> Track {
    let width = text.count * 8 + 16
    let escaped = text.map { $0 == "<" ? "&lt;" : $0 == ">" ? "&gt;" : String($0) }.joined()
    return Track(width: width, above: boxHalf, below: boxHalf) { x, y in
      "<rect class=\"\(style)\" x=\"\(x)\" y=\"\(y - boxHalf)\" width=\"\(width)\" height=\"\(2 * boxHalf)\" rx=\"\(radius)\"/>"
        + "<text x=\"\(x + width / 2)\" y=\"\(y + 4)\">\(escaped)</text>\n"
    }
  }

  private static func sequence(_ tracks: [Track]) -> Track {
    let width = tracks.reduce(0) { $0 + $1.width } + gap * (tracks.count - 1)
    let above = tracks.map(\.above).max() ?? 0
    let below = tracks.map(\.below).max() ?? 0
    return Track(width: width, above: above, below: below) { x, y in
      var place = x
      var text = ""
      for (index, track) in tracks.enumerated() {
        if index > 0 {
          text += "<path d=\"M\(place) \(y)h\(gap)\"/>\n"
          place += gap
        }
        text += track.draw(place, y)
        place += track.width
      }
      return text
    }
  }

  /// The first way straight on, the others below it.
  private static func choice(_ tracks: [Track]) -> Track {
    let inner = tracks.map(\.width).max() ?? 0
    let width = inner + 4 * radius
    var offsets = [0]
    for (upper, lower) in zip(tracks, tracks.dropFirst()) {
      offsets.append(offsets.last! + upper.below + 8 + lower.above)
    }
    return Track(width: width, above: tracks[0].above, below: offsets.last! + tracks.last!.below) { x, y in
      var text = ""
      for (track, offset) in zip(tracks, offsets) {
        let left = x + 2 * radius
        let right = left + track.width
        text += track.draw(left, y + offset)
        if offset == 0 {
          text += "<path d=\"M\(x) \(y)H\(left)M\(right) \(y)H\(x + width)\"/>\n"
        } else {
          let r = radius
          text +=
            "<path d=\"M\(x) \(y)q\(r) 0 \(r) \(r)V\(y + offset - r)q0 \(r) \(r) \(r)M\(right) \(y + offset)"
            + "H\(x + width - 2 * r)q\(r) 0 \(r) -\(r)V\(y + r)q0 -\(r) \(r) -\(r)\"/>\n"
        }
      }
      return text
    }
  }

  /// A way around above.
  private static func bypass(_ track: Track) -> Track {
    let r = radius
    let width = track.width + 4 * r
    let rise = track.above + 8
    return Track(width: width, above: rise + 2, below: track.below) { x, y in
      track.draw(x + 2 * r, y)
        + "<path d=\"M\(x) \(y)H\(x + 2 * r)M\(x + width - 2 * r) \(y)H\(x + width)M\(x) \(y)q\(r) 0 \(r) -\(r)"
        + "V\(y - rise + r)q0 -\(r) \(r) -\(r)H\(x + width - 2 * r)q\(r) 0 \(r) \(r)V\(y - r)q0 \(r) \(r) \(r)\"/>\n"
    }
  }

  /// A way back below.
  private static func loop(_ track: Track) -> Track {
    let r = radius
    let width = track.width + 4 * r
    let fall = track.below + 8
    return Track(width: width, above: track.above, below: fall + 2) { x, y in
      track.draw(x + 2 * r, y)
        + "<path d=\"M\(x) \(y)H\(x + 2 * r)M\(x + width - 2 * r) \(y)H\(x + width)M\(x + width - 2 * r) \(y)"
        + "q\(r) 0 \(r) \(r)V\(y + fall - r)q0 \(r) -\(r) \(r)H\(x + 2 * r)q-\(r) 0 -\(r) -\(r)V\(y + r)q0 -\(r) \(r) -\(r)\"/>\n"
    }
  }

  /// A long sequence goes on in the next row.
  private static func rows(_ form: Grammar.Form) -> Track {
    guard case .sequence(let forms) = form else { return track(form) }
    var rows: [[Track]] = [[]]
    var width = 0
    for track in forms.map(track) {
      if width + track.width > rowWidth && !rows[rows.count - 1].isEmpty {
        rows.append([])
        width = 0
      }
      rows[rows.count - 1].append(track)
      width += track.width + gap
    }
    let tracks = rows.map(sequence)
    return tracks.count == 1 ? tracks[0] : stacked(tracks)
  }

  private static func stacked(_ rows: [Track]) -> Track {
    let r = radius
    let width = (rows.map(\.width).max() ?? 0) + 6 * r
    var offsets = [0]
    for (upper, lower) in zip(rows, rows.dropFirst()) { offsets.append(offsets.last! + upper.below + 16 + lower.above) }
    return Track(width: width, above: rows[0].above, below: offsets.last! + rows.last!.below) { x, y in
      var text = "<path d=\"M\(x) \(y)h\(2 * r)\"/>\n"
      for (index, (row, offset)) in zip(rows, offsets).enumerated() {
        text += row.draw(x + 2 * r, y + offset)
        let end = x + 2 * r + row.width
        if index + 1 == rows.count {
          // Every diagram is left at the height at which it was entered.
          text +=
            "<path d=\"M\(end) \(y + offset)H\(x + width - 2 * r)q\(r) 0 \(r) -\(r)V\(y + r)q0 -\(r) \(r) -\(r)\"/>\n"
        } else {
          let turn = y + offset + row.below + 8
          let next = y + offsets[index + 1]
          text +=
            "<path d=\"M\(end) \(y + offset)q\(r) 0 \(r) \(r)V\(turn - r)q0 \(r) -\(r) \(r)H\(x + 2 * r)"
            + "q-\(r) 0 -\(r) \(r)V\(next - r)q0 \(r) \(r) \(r)\"/>\n"
        }
      }
      return text
    }
  }
}
