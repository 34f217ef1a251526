import Foundation

/// What the system tells of this process, under the names that Prometheus' own clients use.
struct ProcessFigures: Sendable {
    /// When the process was started, in seconds since 1970: as good as when this was made.
    private let start = Date().timeIntervalSince1970

    /// Appends the families. What the system does not tell is left out.
    func write(to out: inout OutputBuffer) {
        out.append(.gauge, "process_start_time_seconds", "When the process was started, since 1970.", start)
        out.append(
            .gauge, "gradd_uptime_seconds", "How long the service has been running.",
            max(0, Date().timeIntervalSince1970 - start))
        var usage = rusage()
        #if canImport(Glibc)
            let told = getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0
        #else
            let told = getrusage(RUSAGE_SELF, &usage) == 0
        #endif
        if told {
            let seconds = [usage.ru_utime, usage.ru_stime].reduce(0.0) {
                $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
            }
            out.append(.counter, "process_cpu_seconds_total", "Time of processors that was used.", seconds)
        }
        if let pages = ProcessFigures.pages {
            out.append(.gauge, "process_virtual_memory_bytes", "Memory that is mapped.", pages.virtual)
            out.append(.gauge, "process_resident_memory_bytes", "Memory that is held.", pages.resident)
        }
        if let count = ProcessFigures.openDescriptors {
            out.append(.gauge, "process_open_fds", "Open descriptors.", Double(count))
        }
        var limit = rlimit()
        #if canImport(Glibc)
            let isLimited = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        #else
            let isLimited = getrlimit(RLIMIT_NOFILE, &limit) == 0
        #endif
        if isLimited {
            out.append(.gauge, "process_max_fds", "The most descriptors that may be open.", Double(limit.rlim_cur))
        }
    }

    /// Bytes of memory, by /proc/self/statm.
    private static var pages: (virtual: Double, resident: Double)? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let numbers = text.split(separator: " ").compactMap { Double($0) }
        guard numbers.count >= 2 else { return nil }
        let page = Double(sysconf(Int32(_SC_PAGESIZE)))
        return (numbers[0] * page, numbers[1] * page)
    }

    /// By the entries of /proc/self/fd: not those of the folder itself and its parent, nor the one that reads it.
    private static var openDescriptors: Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return max(0, count - 3)
    }
}
