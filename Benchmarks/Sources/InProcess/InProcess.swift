import Foundation

/// Measures the engine and the server's JSON in this process: `InProcess ROW [JSON text]` prepares a row, and answers
/// each line on standard input with its figures. Peers/timing.py does the same for the peers.
@main
enum InProcess {
    static func main() throws {
        guard CommandLine.arguments.count > 1, let prepare = rows[CommandLine.arguments[1]] else {
            fatalError("usage: InProcess ROW, of \(rows.keys.sorted().joined(separator: " "))")
        }
        let measure = try prepare()
        while readLine() != nil {
            print(try measure().map { "\($0)" }.joined(separator: " "))
            fflush(nil)
        }
    }

    /// Gives figures, each time that it is called.
    typealias Measure = () throws -> [Double]
    /// Makes a row ready.
    typealias Preparation = @Sendable () throws -> Measure

    /// The seconds that a call takes.
    static func timed(_ work: @escaping () throws -> Void) throws -> Measure {
        let clock = ContinuousClock()
        let first = try clock.measure(work) / .seconds(1)
        // A batch is long enough for the clock not to count.
        let batch = max(1, Int(2e-3 / first))
        return {
            // The median, over batches that take a third of a second together, and three of them at least.
            var batches: [Double] = []
            let end = clock.now + .milliseconds(300)
            while batches.count < 3 || clock.now < end {
                let time = try clock.measure { for _ in 0..<batch { try work() } }
                batches.append(time / .seconds(1) / Double(batch))
            }
            return [batches.sorted()[batches.count / 2]]
        }
    }
}
