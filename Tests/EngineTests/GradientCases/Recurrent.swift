import Engine

// Recurrent units, and networks of them over sequences of lengths 2 and 1.

extension GradientCase {
    static let recurrent: [GradientCase] = units + networks

    private static let units: [GradientCase] = [
        GradientCase("lstm", [2, 1], [2, 4]), GradientCase("lstm", [3, 1], [1, 4]),
        GradientCase("lstm", [1, 1, 2], [1, 4, 2]), GradientCase("slstm", [1, 1], [1, 1], [1, 4], [1, 4]),
        GradientCase("tree_lstm", [2, 1], [2, 4]), GradientCase("tree_lstm", [1, 1], [1, 1], [1, 5]),
    ]

    private static let networks: [GradientCase] = [
        network("n_step_rnn", gates: 1, layers: 1, directions: 1),
        network("n_step_rnn", gates: 1, layers: 2, directions: 1, activation: "relu"),
        network("n_step_birnn", gates: 1, layers: 2, directions: 2),
        network("n_step_lstm", gates: 4, states: 2, layers: 1, directions: 1),
        network("n_step_bilstm", gates: 4, states: 2, layers: 1, directions: 2),
        network("n_step_gru", gates: 3, layers: 2, directions: 1),
        network("n_step_bigru", gates: 3, layers: 1, directions: 2),
    ]

    private static func network(
        _ op: String, gates: Int, states: Int = 1, layers: Int, directions: Int, activation: String? = nil
    ) -> GradientCase {
        let count = layers * directions
        let weights = (0..<count).map { index -> Input in
            let width = index < directions ? 1 : directions
            return .list((0..<2 * gates).map { .array([1, $0 < gates ? width : 1]) })
        }
        let biases = Input.list(Array(repeating: .array([1]), count: 2 * gates))
        var inputs = Array(repeating: Input.array([count, 2, 1]), count: states)
        inputs += [.list(weights), .list(Array(repeating: biases, count: count))]
        inputs.append(.list([.array([2, 1]), .array([1, 1])]))
        var arguments: [String: Argument] = [
            "n_layers": .int(Int64(layers)), "dropout_ratio": .real(0.3), "seed": .int(1),
        ]
        if let activation { arguments["activation"] = .string(activation) }
        return GradientCase(op, inputs: inputs, arguments: arguments)
    }
}
