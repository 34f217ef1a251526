extension Problem {
    /// A change could not be kept, and is undone.
    init(_ error: StoreError) {
        switch error {
        case .full(let reason):
            self.init(
                "/problems/storage-full", "Insufficient storage",
                .init(code: 507, reasonPhrase: "Insufficient Storage"),
                "There is no room on the disk for the change, and nothing was changed: \(reason).")
        case .failed(let reason):
            self.init(
                "/problems/storage", "Storage failed", .internalServerError,
                "The change could not be written, and nothing was changed: \(reason).")
        case .unsafe(let reason):
            self.init(
                "/problems/read-only", "Read-only", .serviceUnavailable,
                "The disk failed to keep what was written. Nothing more is changed until the service is started again;"
                    + " reading goes on: \(reason).")
        }
    }
}
