@testable import Engine

extension GradientCase {
    static let loss = lossOfTargets + lossOfClasses + lossOfEmbeddings + lossOfSequences

    private static let none: [String: Argument] = ["reduce": .string("no")]

    private static let lossOfTargets: [GradientCase] =
        ["absolute_error", "squared_error", "squared_difference", "mean_absolute_error"].map {
            GradientCase($0, [2, 3], [2, 3])
        } + [
            GradientCase("huber_loss", [2, 2], [2, 2], arguments: ["delta": .real(1)]),
            GradientCase("huber_loss", [4], [4], arguments: ["delta": .real(2), "reduce": .string("no")]),
            GradientCase("bernoulli_nll", [2, 2], [2, 2]), GradientCase("bernoulli_nll", [2, 1], [2], arguments: none),
            GradientCase("gaussian_nll", [2], [2], [2]),
            GradientCase("gaussian_nll", [2, 1], [2], [], arguments: none),
            GradientCase("gaussian_kl_divergence", [2, 2], [2, 2], arguments: ["reduce": .string("mean")]),
        ]

    private static let lossOfClasses: [GradientCase] = [
        GradientCase("sigmoid_cross_entropy", [2, 3], [2, 3], integers: [1: [0, 1, -1, 1, 0, 1]]),
        GradientCase("sigmoid_cross_entropy", [4], [4], arguments: none, integers: [1: [0, 1, -1, 2]]),
        GradientCase("hinge", [2, 3], [2], integers: [1: [2, 0]]),
        GradientCase("hinge", [2, 3], [2], arguments: ["norm": .string("L2")], integers: [1: [2, 0]]),
        GradientCase("black_out", [2, 2], [2], [3, 2], [2, 2], integers: [1: [0, 2], 3: [1, 2, 0, 0]]),
        GradientCase("black_out", [1, 2], [1], [3, 2], [1, 1], arguments: none, integers: [1: [1], 3: [0]]),
        GradientCase(
            "negative_sampling", [2, 2], [2], [3, 2], [2, 3], integers: [1: [0, 2], 3: [1, 2, 0, 0, 1, 1]]),
        GradientCase(
            "negative_sampling", [2, 2], [2], [3, 2], [2, 2], arguments: none,
            integers: [1: [-1, 2], 3: [1, 2, 0, 0]]),
    ]

    private static let lossOfEmbeddings: [GradientCase] = [
        GradientCase("contrastive", [3, 2], [3, 2], [3], arguments: ["margin": .real(5)], integers: [2: [1, 0, 0]]),
        GradientCase("triplet", [2, 2], [2, 2], [2, 2], arguments: ["margin": .real(4)]),
        GradientCase("triplet", [2, 2], [2, 2], [2, 2], arguments: none),
        GradientCase("cross_covariance", [3, 2], [3, 1]),
        GradientCase("cross_covariance", [2, 2], [2, 1], arguments: none),
        GradientCase("decov", [3, 2]), GradientCase("decov", [2, 2], arguments: none),
        clustering([3, 2, 1, 2], norm: 1, labels: [1, 2, 2, 2, 1, 0]),
        clustering([1, 2, 2, 2], norm: 2, labels: [1, 2, 2, 0]), clustering([1, 1, 1, 3], norm: 2, labels: [1, 0, 1]),
    ]

    private static func clustering(_ shape: [Int], norm: Int64, labels: [Int64]) -> GradientCase {
        GradientCase(
            "discriminative_margin_based_clustering_loss", shape, [shape[0], shape[2], shape[3]],
            arguments: [
                "delta_v": .real(0.1), "delta_d": .real(3), "max_embedding_dim": .int(Int64(shape[1])),
                "norm": .int(norm), "gamma": .int(1),
            ], integers: [1: labels])
    }

    private static let lossOfSequences: [GradientCase] = [
        ctc(steps: 3, [2, 2], t: [0, 0]), ctc(steps: 3, [1, 3], t: [2, 0]), ctc(steps: 3, [1, 3], t: [2, 2]),
        ctc(steps: 3, [2, 2], t: [0, 0], inputLength: [3, 2]),
        ctc(steps: 2, [2, 2], t: [0, 0], inputLength: [1, 2], labelLength: [0, 1]),
        ctc(steps: 2, [2, 2], t: [0, 0], labelLength: [1, 0]),
        crf(rows: [2, 1, 1], labels: 2, ys: [0, 1, 1, 1]), crf(rows: [1, 1], labels: 3, ys: [0, 2], arguments: none),
        crf(rows: [2], labels: 2, ys: [0, 1]),
        GradientCase("argmax_crf1d", inputs: [.array([2, 2]), .list([2, 1, 1].map { .array([$0, 2]) })]),
    ]

    private static func ctc(
        steps: Int, _ shape: [Int], t: [Int64], inputLength: [Int64]? = nil, labelLength: [Int64]? = nil
    ) -> GradientCase {
        let integers = [t] + [inputLength, labelLength].compactMap { $0 }
        return GradientCase(
            "connectionist_temporal_classification",
            inputs: [
                .list(Array(repeating: .array(shape), count: steps)), .array([shape[0], t.count / shape[0]]),
                inputLength == nil ? .absent : .array([shape[0]]), labelLength == nil ? .absent : .array([shape[0]]),
            ], arguments: ["blank_symbol": .int(1)],
            integers: Dictionary(uniqueKeysWithValues: integers.enumerated().map { (steps + $0, $1) }))
    }

    private static func crf(
        rows: [Int], labels: Int, ys: [Int64], arguments: [String: Argument] = [:]
    ) -> GradientCase {
        var (integers, rest): ([Int: [Int64]], [Int64]) = ([:], ys)
        for (step, count) in rows.enumerated() {
            integers[1 + rows.count + step] = Array(rest.prefix(count))
            rest.removeFirst(count)
        }
        return GradientCase(
            "crf1d",
            inputs: [
                .array([labels, labels]), .list(rows.map { .array([$0, labels]) }), .list(rows.map { .array([$0]) }),
            ], arguments: arguments, integers: integers)
    }
}
