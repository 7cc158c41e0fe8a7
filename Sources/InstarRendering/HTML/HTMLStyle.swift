/// The style sheet of a page of results.
enum HTMLStyle {
  /// Colours are named once for light and once for dark. The eight colours of series keep their order and differ in
  /// lightness, so that they are told apart in print and by eyes that do not see red and green.
  static let sheet = """
    :root { color-scheme: light dark; --ink: #1d2329; --faint: #66707a; --rule: #d9dee3; --paper: #ffffff;
      --wash: #f4f6f8; --bar: #2f6fb2; --loss: #c2552d; --s0: #2f6fb2; --s1: #e08a1e; --s2: #2b8a6b; --s3: #b5446e;
      --s4: #6a5acd; --s5: #8a6d3b; --s6: #4aa3c7; --s7: #7a7f87; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --faint: #98a2ad; --rule: #39424b; --paper: #14181c;
      --wash: #1d2329; --bar: #6aa7e8; --loss: #ef8a62; --s0: #6aa7e8; --s1: #f0a94b; --s2: #5fc3a0; --s3: #e681a6;
      --s4: #a498f0; --s5: #c7a874; --s6: #86cfe8; --s7: #a7adb5; } }
    body { margin: 2rem auto; max-width: 62rem; padding: 0 1rem; background: var(--paper); color: var(--ink);
      font: 15px/1.45 system-ui, sans-serif; }
    section + section { margin-top: 3rem; border-top: 1px solid var(--rule); padding-top: 1rem; }
    .statement { white-space: pre-wrap; background: var(--wash); padding: .75rem 1rem; border-radius: .4rem; }
    .wide { overflow-x: auto; margin: 1.25rem 0; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
    th, td { padding: .25rem .75rem; text-align: left; border-bottom: 1px solid var(--rule); white-space: nowrap; }
    th { font-weight: 600; } .n { text-align: right; }
    footer, .legend, figure p { color: var(--faint); font-size: 13px; }
    svg { display: block; font: 13px system-ui, sans-serif; font-variant-numeric: tabular-nums; }
    svg text { fill: var(--ink); } svg .faint { fill: var(--faint); } svg .end { text-anchor: end; }
    svg .middle { text-anchor: middle; } svg .strong { font-weight: 600; } svg .light { fill: #ffffff; }
    svg .bar { fill: var(--bar); } svg .loss { fill: var(--loss); } svg .track { fill: var(--wash); }
    svg .rule { stroke: var(--rule); } svg .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
    .legend span { margin-right: 1rem; } .legend i { display: inline-block; width: .8em; height: .8em;
      border-radius: .2em; margin-right: .4em; }

    """ + series

  /// The classes of the eight series, for lines, points and the legend.
  private static let series = (0..<seriesCount).map { number in
    "svg .s\(number) { stroke: var(--s\(number)); } svg .p\(number), .legend .k\(number) "
      + "{ fill: var(--s\(number)); background: var(--s\(number)); }\n"
  }.joined()

  /// How many series have a colour of their own.
  static let seriesCount = 8
}
