/// The rectangle that a curve is drawn in: marks and rules of the upright axis, and where a value stands.
struct PlotFrame {
  let vertical: AxisScale
  let left = 78.0
  let right: Double
  let top: Double
  let bottom: Double

  /// - Parameters:
  ///   - width: of the whole picture, the room for marks at its left included.
  ///   - top: the upper edge, below a title.
  init(vertical: AxisScale, width: Double, top: Double, height: Double) {
    self.vertical = vertical
    self.top = top
    right = width - 12
    bottom = top + height
  }

  /// Where a share of the width stands.
  func x(_ share: Double) -> Double { left + share * (right - left) }

  /// Where a value stands.
  func y(_ value: Double) -> Double { bottom - (bottom - top) * vertical.share(of: value) }

  /// Draws a rule and a number for each mark of the upright axis.
  func appendRules(to canvas: inout SVGCanvas) {
    for tick in vertical.ticks {
      canvas.line(fromX: left, y: y(tick), toX: right, y: y(tick))
      canvas.text(vertical.text(tick), x: left - 8, y: y(tick) + 4, style: "end faint")
    }
  }

  /// Writes below the frame, at a share of its width.
  func appendLabel(_ text: String, at share: Double, to canvas: inout SVGCanvas) {
    let style = share <= 0 ? "faint" : share >= 1 ? "end faint" : "middle faint"
    canvas.text(text, x: x(share), y: bottom + 20, style: style)
  }
}
