import InstarColumns
import InstarPlan
struct SequenceMatchers { init(program: Program) {} }
extension BatchEvaluator { func matches(_ sequence: SequenceNode) -> Vector { Vector.missing(.boolean) } }
