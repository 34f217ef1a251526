import Engine

/// `.npy` files; one that is read is written and read again.
enum NpyTarget {
    static func run(_ bytes: UnsafeRawBufferPointer) {
        guard let array = try? Npy.read(bytes) else { return }
        var out = OutputBuffer()
        Npy.write(array, to: &out)
        do {
            let again = try Npy.read(out.unsent)
            let isSame = array.withBytes { old in again.withBytes { old.elementsEqual($0) } }
            precondition(again.shape == array.shape && again.dtype == array.dtype && isSame)
        } catch {
            fatalError("\(error) in what was written")
        }
        JSONTarget.checkRoundTrip(array)
    }
}
