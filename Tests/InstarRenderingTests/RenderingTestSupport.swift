import InstarCalendar
import InstarColumns
import InstarRendering

/// A column of each type, with a missing and an empty value.
let mixed = ResultTable(columns: [
  Column("user", type: .text, values: .codes([0, 1, 2], TextList(["ada", "", "a,\"b\"\n|"])), present: []),
  Column("orders", type: .integer, values: .integers([12_345, 2026, -7]), present: [1, 1, 1]),
  Column("aov", type: .real, unit: "EUR", values: .reals([78.03, 0.5, 0]), present: [1, 1, 0]),
  Column("vip", type: .boolean, values: .booleans([1, 0, 0]), present: [1, 1, 0]),
  // 2026-01-31T10:15Z, 1970-01-01T00:00Z
  Column("seen", type: .time, values: .integers([1_769_854_500_000, 0, 0]), present: [1, 1, 0]),
  // 2 h 10 min, 1.5 s
  Column("gap", type: .duration, values: .integers([7_800_000, 1_500, 0]), present: [1, 1, 0]),
])

func render(_ table: ResultTable, _ format: OutputFormat, width: Int? = nil, color: Bool = false, maxRows: Int? = nil)
  -> String
{
  ResultRenderer(RenderOptions(format, width: width, color: color, maxRows: maxRows)).text(table)
}

func texts(_ name: String, _ values: [String]) -> Column { Column(name, type: .text, values: .texts(values)) }
func integers(_ name: String, _ values: [Int64]) -> Column { Column(name, type: .integer, values: .integers(values)) }
func reals(_ name: String, _ values: [Double], present: [UInt8] = []) -> Column {
  Column(name, type: .real, values: .reals(values), present: present)
}
