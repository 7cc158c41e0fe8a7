/// Writes a picture as SVG, inline in a page: shapes with classes, whose colours the style sheet decides.
///
/// Lengths are CSS pixels, measured from the upper left corner.
struct SVGCanvas {
  private(set) var bytes: [UInt8] = []

  /// - Parameter label: what the picture shows, for those who hear the page.
  init(width: Double, height: Double, label: String) {
    bytes.append(text: "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"")
    attribute("width", width)
    attribute("height", height)
    attribute("aria-label", label)
    bytes.append(text: ">\n")
  }

  /// A filled rectangle; `title` is shown where the pointer rests on it.
  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, style: String, opacity: Double = 1, title: String? = nil
  ) {
    bytes.append(text: "<rect")
    attribute("x", x)
    attribute("y", y)
    attribute("width", width)
    attribute("height", height)
    attribute("class", style)
    if opacity < 1 { attribute("fill-opacity", opacity, decimals: 3) }
    close("rect", title)
  }

  mutating func text(_ text: String, x: Double, y: Double, style: String = "") {
    bytes.append(text: "<text")
    attribute("x", x)
    attribute("y", y)
    if !style.isEmpty { attribute("class", style) }
    bytes.append(text: ">")
    bytes.append(html: text)
    bytes.append(text: "</text>\n")
  }

  mutating func line(fromX x1: Double, y y1: Double, toX x2: Double, y y2: Double) {
    bytes.append(text: "<line")
    attribute("x1", x1)
    attribute("y1", y1)
    attribute("x2", x2)
    attribute("y2", y2)
    attribute("class", "rule")
    close("line", nil)
  }

  /// A line through points, drawn with the pen up before each missing one.
  mutating func curve(_ points: [(x: Double, y: Double)?], style: String, title: String? = nil) {
    bytes.append(text: "<path d=\"")
    var isDown = false
    for point in points {
      guard let point else {
        isDown = false
        continue
      }
      bytes.append(text: isDown ? "L" : "M")
      number(point.x)
      bytes.append(32)
      number(point.y)
      isDown = true
    }
    bytes.append(text: "\"")
    attribute("class", "curve \(style)")
    close("path", title)
  }

  /// A faint surface within a closed line.
  mutating func area(_ points: [(x: Double, y: Double)], style: String) {
    guard points.count > 2 else { return }
    bytes.append(text: "<path fill-opacity=\"0.150\" d=\"")
    for (place, point) in points.enumerated() {
      bytes.append(text: place == 0 ? "M" : "L")
      number(point.x)
      bytes.append(32)
      number(point.y)
    }
    bytes.append(text: "Z\"")
    attribute("class", style)
    close("path", nil)
  }

  mutating func point(x: Double, y: Double, radius: Double, style: String, title: String) {
    bytes.append(text: "<circle")
    attribute("cx", x)
    attribute("cy", y)
    attribute("r", radius)
    attribute("class", style)
    close("circle", title)
  }

  /// Appends the picture to a page.
  consuming func finish(to page: inout [UInt8]) {
    page.append(contentsOf: bytes)
    page.append(text: "</svg>\n")
  }

  private mutating func close(_ element: String, _ title: String?) {
    guard let title else {
      bytes.append(text: "/>\n")
      return
    }
    bytes.append(text: "><title>")
    bytes.append(html: title)
    bytes.append(text: "</title></\(element)>\n")
  }

  private mutating func attribute(_ name: String, _ value: Double, decimals: Int = 1) {
    bytes.append(text: " \(name)=\"")
    number(value, decimals: decimals)
    bytes.append(text: "\"")
  }

  private mutating func attribute(_ name: String, _ value: String) {
    bytes.append(text: " \(name)=\"")
    bytes.append(html: value)
    bytes.append(text: "\"")
  }

  private mutating func number(_ value: Double, decimals: Int = 1) {
    // A length that rounds to nothing is 0, not a number with an exponent.
    let value = value.magnitude < 0.0005 ? 0 : value
    NumberText.append(
      value.magnitude < 0.05 && decimals == 1 ? 0 : value, decimals: decimals, grouped: false, to: &bytes)
  }
}
