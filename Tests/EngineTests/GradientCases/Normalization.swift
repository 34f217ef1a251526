// Normalizations. Running statistics are constants; r and d of batch_renormalization are constants where they are at
// their bounds, as here.

extension GradientCase {
    static let normalization: [GradientCase] = [
        GradientCase("batch_normalization", [3, 2], [2], [2]),
        GradientCase("batch_normalization", [2, 2, 2], [2], [2], [2], [2], arguments: ["eps": .real(0.1)]),
        GradientCase("batch_normalization", [2, 2, 2], [2, 2], [2, 2]),
        GradientCase("batch_normalization", [2, 3], [], [], arguments: ["axis": .list([.int(0), .int(1)])]),
        GradientCase("batch_normalization", [2, 3], [2], [2], arguments: ["axis": .int(1)]),
        GradientCase("fixed_batch_normalization", [3, 2], [2], [2], [2], [2]),
        GradientCase("fixed_batch_normalization", [2, 2, 2], [2, 2], [2, 2], [2, 2], [2, 2]),
        GradientCase("fixed_batch_renormalization", [2, 2, 2], [2], [2], [2], [2]),
        GradientCase(
            "batch_renormalization", [3, 2], [2], [2], [2], [2], arguments: ["rmax": .real(1), "dmax": .real(0)]),
        GradientCase(
            "batch_renormalization", [3, 2], [2], [2], [2], [2],
            arguments: ["rmax": .real(1.01), "dmax": .real(0.01), "eps": .real(0.1)]),
        GradientCase("group_normalization", [2, 4], [4], [4], arguments: ["groups": .int(2), "eps": .real(0.1)]),
        GradientCase("group_normalization", [1, 2, 3], [2], [2], arguments: ["groups": .int(1)]),
        GradientCase("layer_normalization", [2, 3], [3], [3]), GradientCase("normalize", [2, 3]),
        GradientCase("normalize", [2, 3], arguments: ["axis": .list([.int(0), .int(1)]), "eps": .real(0.5)]),
        GradientCase("local_response_normalization", [2, 4]),
        GradientCase(
            "local_response_normalization", [1, 3, 2],
            arguments: ["n": .int(3), "alpha": .real(0.3), "k": .real(1), "beta": .real(1.5)]),
        GradientCase(
            "decorrelated_batch_normalization", [4, 2], arguments: ["groups": .int(1), "eps": .real(0.5)]),
        GradientCase(
            "decorrelated_batch_normalization", [2, 2, 2], [2, 1], [2, 1, 1],
            arguments: ["groups": .int(2), "eps": .real(0.5)]),
        GradientCase(
            "fixed_decorrelated_batch_normalization", [2, 4], [2, 2], [2, 2, 2], arguments: ["groups": .int(2)]),
        GradientCase(
            "fixed_decorrelated_batch_normalization", [2, 2, 2], [1, 2], [1, 2, 2], arguments: ["groups": .int(1)]),
    ]
}
