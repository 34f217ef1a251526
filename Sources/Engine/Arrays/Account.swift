import Synchronization

/// What an owner's arrays and nodes take up. An array charges the current account before it allocates and repays when
/// it is freed; a charge goes to the parents too, so that a graph's account feeds its session's.
public final class Account: Sendable {
    /// Charged where nobody set another: arrays that belong to no session.
    @TaskLocal public static var current = Account()

    /// Who is charged too.
    public let parent: Account?
    /// The most bytes that may be charged here.
    public let byteLimit: Int
    /// The most nodes that may be charged here.
    public let nodeLimit: Int
    /// What one array may hold.
    let arrays: ArrayLimits
    /// The most bytes that may be charged at once for now.
    private let allowance = Atomic<Int>(.max)
    /// The most work that may be announced at once for now.
    private let workAllowance = Atomic<Int>(.max)
    /// Whether limits are asked.
    private let isEnforced = Atomic<Bool>(true)
    /// When the computation that is running has to end.
    private let end = Atomic<Int64>(Deadline.never.milliseconds)
    private let byteCount = Atomic<Int>(0)
    private let nodeCount = Atomic<Int>(0)

    /// An account that nothing is charged to yet.
    /// - Parameter arrays: what one array may hold; as for the parent where it is not given.
    public init(
        parent: Account? = nil, byteLimit: Int = .max, nodeLimit: Int = .max, arrays: ArrayLimits? = nil
    ) {
        self.parent = parent
        self.arrays = arrays ?? parent?.arrays ?? ArrayLimits()
        self.byteLimit = byteLimit
        self.nodeLimit = nodeLimit
    }

    /// Bytes of all arrays that are alive.
    public var bytes: Int { byteCount.load(ordering: .relaxed) }
    /// Variable nodes that are alive.
    public var nodes: Int { nodeCount.load(ordering: .relaxed) }

    /// Runs `body` with this account as the one that new arrays and nodes are charged to.
    public func charged<R>(_ body: () throws -> R) rethrows -> R {
        try Account.$current.withValue(self, operation: body)
    }

    /// Runs `body` with this account as the current one, and no limit asked: what was here before is here again.
    func restoring<R>(_ body: () throws -> R) rethrows -> R {
        isEnforced.store(false, ordering: .relaxed)
        defer { isEnforced.store(true, ordering: .relaxed) }
        return try charged(body)
    }

    /// When what is computed for this account has to end. Every charge looks at it, and so do long loops.
    public var deadline: Deadline {
        get { Deadline(milliseconds: end.load(ordering: .relaxed)) }
        set { end.store(newValue.milliseconds, ordering: .relaxed) }
    }

    /// More than is allowed at once: whoever set the allowance does the work elsewhere.
    public struct BeyondAllowance: Error {}

    /// Limits what may be charged, and announced, at once: a thread that others wait for makes no large array and no
    /// long computation.
    /// - Parameter work: multiplications.
    public func allow(bytesAtOnce bytes: Int, workAtOnce work: Int) {
        allowance.store(bytes, ordering: .relaxed)
        workAllowance.store(work, ordering: .relaxed)
    }

    /// To be called before work that takes longer than its arrays' sizes tell: a product of matrices, a factorization.
    /// - Parameter factors: numbers whose product is about the number of multiplications.
    /// - Throws: `BeyondAllowance`.
    func announce(work factors: Int...) throws {
        let work = factors.reduce(1) { product, factor in
            let (work, isBeyond) = product.multipliedReportingOverflow(by: factor)
            return isBeyond ? .max : work
        }
        guard work <= workAllowance.load(ordering: .relaxed) else { throw BeyondAllowance() }
    }

    /// - Throws: `EngineError.Kind.quota` or `.time`, or `BeyondAllowance`; nothing is charged then.
    public func charge(bytes amount: Int) throws {
        guard isEnforced.load(ordering: .relaxed) else { return add(bytes: amount) }
        guard amount <= allowance.load(ordering: .relaxed) else { throw BeyondAllowance() }
        try deadline.check()
        let (old, total) = byteCount.add(amount, ordering: .relaxed)
        guard total <= byteLimit else {
            byteCount.subtract(amount, ordering: .relaxed)
            throw EngineError(
                .quota, "The arrays would take \(total) bytes, and \(byteLimit) are allowed: delete some first.",
                expected: "at most \(byteLimit) bytes", actual: "\(old) in use, \(amount) more asked for")
        }
        do {
            try parent?.charge(bytes: amount)
        } catch {
            byteCount.subtract(amount, ordering: .relaxed)
            throw error
        }
    }

    private func add(bytes amount: Int) {
        byteCount.add(amount, ordering: .relaxed)
        parent?.add(bytes: amount)
    }

    public func repay(bytes amount: Int) {
        byteCount.subtract(amount, ordering: .relaxed)
        parent?.repay(bytes: amount)
    }

    /// - Throws: `EngineError.Kind.quota`; nothing is charged then.
    func chargeNode() throws {
        guard isEnforced.load(ordering: .relaxed) else { return addNode() }
        let total = nodeCount.add(1, ordering: .relaxed).newValue
        guard total <= nodeLimit else {
            nodeCount.subtract(1, ordering: .relaxed)
            throw EngineError(
                .quota, "There would be \(total) nodes, and \(nodeLimit) are allowed: delete some first.",
                expected: "at most \(nodeLimit) nodes", actual: "\(total - 1) in use, one more asked for")
        }
        do {
            try parent?.chargeNode()
        } catch {
            nodeCount.subtract(1, ordering: .relaxed)
            throw error
        }
    }

    private func addNode() {
        nodeCount.add(1, ordering: .relaxed)
        parent?.addNode()
    }

    func repayNode() {
        nodeCount.subtract(1, ordering: .relaxed)
        parent?.repayNode()
    }
}

/// What one array may hold.
public struct ArrayLimits: Sendable {
    /// The most elements, no more than `NDArray.sizeLimit`.
    public let elements: Int
    public let bytes: Int

    public init(elements: Int = NDArray.sizeLimit, bytes: Int = .max) {
        (self.elements, self.bytes) = (min(elements, NDArray.sizeLimit), bytes)
    }

    /// To be called before memory is taken.
    /// - Parameter count: the number of elements.
    /// - Throws: `EngineError.Kind.size`.
    @inline(__always)
    func check(_ count: Int, _ dtype: DType) throws {
        guard count <= elements, count * dtype.itemSize <= bytes else { throw refusal(count, dtype) }
    }

    private func refusal(_ count: Int, _ dtype: DType) -> EngineError {
        EngineError(
            .size, "The array would be too large.",
            expected: "at most \(min(elements, bytes / dtype.itemSize)) elements of dtype \(dtype)",
            actual: "\(count) elements")
    }
}
