enum RecurrentActivation: String, Choice { case tanh, relu }

/// Recurrent networks over sequences (Chainer: `functions/rnn/n_step_rnn.py`, `n_step_lstm.py`, `n_step_gru.py`).
struct SequenceOps: Sendable {
    typealias RNN = Op<
        Int, Double, Variable, [[Variable]], [[Variable]], [Variable], RecurrentActivation, Seed, Bool
    >
    typealias LSTM = Op<Int, Double, Variable, Variable, [[Variable]], [[Variable]], [Variable], Seed, Bool>
    typealias GRU = Op<Int, Double, Variable, [[Variable]], [[Variable]], [Variable], Seed, Bool>

    let nStepRNN: RNN = rnn("n_step_rnn", "Stacked recurrent layers", directions: 1)
    let nStepBiRNN: RNN = rnn("n_step_birnn", "Stacked recurrent layers in both directions", directions: 2)
    let nStepLSTM: LSTM = lstm("n_step_lstm", "Stacked LSTM layers", directions: 1)
    let nStepBiLSTM: LSTM = lstm("n_step_bilstm", "Stacked LSTM layers in both directions", directions: 2)
    let nStepGRU: GRU = gru("n_step_gru", "Stacked GRU layers", directions: 1)
    let nStepBiGRU: GRU = gru("n_step_bigru", "Stacked GRU layers in both directions", directions: 2)
}

private func rnn(_ name: String, _ summary: String, directions: Int) -> SequenceOps.RNN {
    Op(
        severalResults: name,
        "\(summary): h_t = activation(W0 x_t + b0 + W1 h_(t-1) + b1); gives hy, and for each step the last layer's h.",
        .layers, .dropout, .hidden(directions), .weights(2), .biases(2), .steps,
        .option("activation", .tanh, "Activation function."), .seed, .train
    ) { layers, dropout, hx, ws, bs, xs, function, seed, train in
        let network = SequenceNetwork(
            gates: 1,
            unit: { fromInput, fromHidden, _ in
                let sum = try fromInput + fromHidden
                return [try function == .tanh ? elementwise.tanh(sum) : activation.relu(sum)]
            }, layers: layers, directions: directions, dropout: dropout, seed: seed, train: train)
        return try network.results([hx], ws, bs, xs)
    }
}

private func lstm(_ name: String, _ summary: String, directions: Int) -> SequenceOps.LSTM {
    Op(
        severalResults: name,
        "\(summary): i, f, o = sigmoid(W x_t + b + W h_(t-1) + b) with W0 and W4, W1 and W5, W3 and W7, a = tanh(the same"
            + " with W2 and W6), c_t = f c_(t-1) + i a, h_t = o tanh(c_t); gives hy, cy, and for each step the last"
            + " layer's h.",
        .layers, .dropout, .hidden(directions), .array("cx", "First cells, of hx's shape."), .weights(8), .biases(8),
        .steps, .seed, .train
    ) { layers, dropout, hx, cx, ws, bs, xs, seed, train in
        let network = SequenceNetwork(
            gates: 4,
            unit: { fromInput, fromHidden, state in
                let gates = try (fromInput + fromHidden).parts(4, axis: 1)
                let (i, f, o) = (
                    try activation.sigmoid(gates[0]), try activation.sigmoid(gates[1]), try activation.sigmoid(gates[3])
                )
                let c = try f * state[1] + i * elementwise.tanh(gates[2])
                return [try o * elementwise.tanh(c), c]
            }, layers: layers, directions: directions, dropout: dropout, seed: seed, train: train)
        return try network.results([hx, cx], ws, bs, xs)
    }
}

private func gru(_ name: String, _ summary: String, directions: Int) -> SequenceOps.GRU {
    Op(
        severalResults: name,
        "\(summary): r = sigmoid(W0 x_t + b0 + W3 h_(t-1) + b3), z = sigmoid(W1 x_t + b1 + W4 h_(t-1) + b4),"
            + " h_t = (1 - z) tanh(W2 x_t + b2 + r (W5 h_(t-1) + b5)) + z h_(t-1); gives hy, and for each step the last"
            + " layer's h.",
        .layers, .dropout, .hidden(directions), .weights(6), .biases(6), .steps, .seed, .train
    ) { layers, dropout, hx, ws, bs, xs, seed, train in
        let network = SequenceNetwork(
            gates: 3,
            unit: { fromInput, fromHidden, state in
                let (x, h) = (try fromInput.parts(3, axis: 1), try fromHidden.parts(3, axis: 1))
                let r = try activation.sigmoid(x[0] + h[0])
                let z = try activation.sigmoid(x[1] + h[1])
                return [try (1 - z) * elementwise.tanh(x[2] + r * h[2]) + z * state[0]]
            }, layers: layers, directions: directions, dropout: dropout, seed: seed, train: train)
        return try network.results([hx], ws, bs, xs)
    }
}

extension Parameter where Value == Int {
    fileprivate static var layers: Parameter { .required("n_layers", "The number of layers.") }
}

extension Parameter where Value == Double {
    fileprivate static var dropout: Parameter {
        .required("dropout_ratio", "Chance of an element to be dropped between layers, at least 0 and less than 1.")
    }
}

extension Parameter where Value == Variable {
    fileprivate static func hidden(_ directions: Int) -> Parameter {
        .array("hx", "First hidden states, of shape (\(directions == 1 ? "layers" : "2 layers"), n, units).")
    }
}

extension Parameter where Value == [[Variable]] {
    fileprivate static func weights(_ count: Int) -> Parameter {
        .lists(
            "ws",
            "For each layer and direction \(count) matrices: half of shape (units, the input's features), half of shape"
                + " (units, units).")
    }
    fileprivate static func biases(_ count: Int) -> Parameter {
        .lists("bs", "For each layer and direction \(count) vectors of shape (units,).")
    }
}

extension Parameter where Value == [Variable] {
    fileprivate static var steps: Parameter {
        .arrays(
            "xs",
            "For each step a matrix of shape (at most n, features): a row for each sequence that lasts so long, the"
                + " longest first.")
    }
}

let sequences: SequenceOps = SequenceOps()
