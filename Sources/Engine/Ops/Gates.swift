/// Activation functions beyond Chainer, most of them x times a gate.
struct GateOps: Sendable {
    let gelu: Op<Variable> = Op("gelu", "x (1 + erf(x / sqrt(2))) / 2 of every element.", .array("x")) { x in
        try x.inFloat32 { try $0 * special.ndtr($0) }
    }

    let silu: Op<Variable> = Op("silu", "x sigmoid(x) of every element.", .array("x")) { x in
        try x.inFloat32 { try $0 * activation.sigmoid($0) }
    }

    let mish: Op<Variable> = Op("mish", "x tanh(log(1 + exp(x))) of every element.", .array("x")) { x in
        try x.inFloat32 { try $0 * elementwise.tanh(activation.softplus($0, 1)) }
    }

    let softsign: Op<Variable> = Op("softsign", "x / (1 + |x|) of every element.", .array("x")) { x in
        try x / (1 + arithmetic.absolute(x))
    }

    let hardSwish: Op<Variable> = Op(
        "hard_swish", "x min(max(0, x + 3), 6) / 6 of every element.", .array("x")
    ) { x in
        try x * rectifiers.relu6(x + 3) / 6
    }
}

let gates: GateOps = GateOps()
