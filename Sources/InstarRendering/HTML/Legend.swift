/// The names of the series of a picture beside their colours.
enum Legend {
  static func append(_ names: [String], to page: inout [UInt8]) {
    page.append(text: "<p class=\"legend\">")
    for (number, name) in names.prefix(HTMLStyle.seriesCount).enumerated() {
      page.append(text: "<span><i class=\"k\(number)\"></i>")
      page.append(html: name)
      page.append(text: "</span>")
    }
    page.append(text: "</p>\n")
  }
}
