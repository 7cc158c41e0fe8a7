import InstarRendering
import Testing

@Suite struct DisplayWidthTests {
  /// Widths by `wcswidth` of the Python package wcwidth 0.9.4 (Unicode 18).
  static let cases: [(String, Int)] = [
    ("abc", 3), ("", 0), ("e\u{301}", 1), ("é", 1), ("é\u{301}", 1), ("日本", 4), ("한글", 4), ("각", 2),
    ("\u{1112}\u{1161}\u{11AB}", 2), ("ｱ", 1), ("Ａ", 2), ("あ\u{3099}", 2), ("ｶﾞ", 2), ("\u{200B}", 0),
    ("a\u{AD}", 2), ("…", 1), ("·", 1), ("█", 1), ("│", 1), ("▌", 1), ("ﷺ", 1), ("𝒳", 1), ("⚡", 2), ("❤", 1),
    ("❤\u{FE0F}", 2), ("☺\u{FE0F}", 2), ("™\u{FE0F}", 2), ("©", 1), ("©\u{FE0F}", 2), ("1\u{FE0F}\u{20E3}", 2),
    ("#\u{FE0F}\u{20E3}", 2), ("㊗\u{FE0F}", 2), ("🅰\u{FE0F}", 2), ("🀄", 2), ("👍🏽", 2), ("🇹🇷", 2), ("🇹", 2),
    ("🇹🇷🇹", 4), ("👩\u{200D}👩\u{200D}👧", 2), ("👨🏿\u{200D}🚀", 2), ("👩🏽\u{200D}🤝\u{200D}👨🏿", 2),
    ("❤\u{FE0F}\u{200D}🔥", 2), ("🏳\u{FE0F}\u{200D}🌈", 2), ("क\u{94D}ष", 2), ("क\u{94D}ष\u{94D}म", 2), ("नि", 2),
    ("கி", 2), ("กำ", 2), ("မြန်မာ", 5),
  ]

  @Test(arguments: cases) func widthsAgreeWithWcwidth(text: String, width: Int) {
    #expect(text.displayWidth == width)
  }

  @Test func textsAreCutAtCharacters() {
    #expect("abcdef".truncated(toWidth: 6) == "abcdef")
    #expect("abcdef".truncated(toWidth: 4) == "abc…")
    #expect("日本語".truncated(toWidth: 5) == "日本…")
    #expect("日本語".truncated(toWidth: 4) == "日…")
    #expect("👩\u{200D}👩\u{200D}👧x".truncated(toWidth: 2) == "…")
    #expect("abc".truncated(toWidth: 0) == "")
  }
}
