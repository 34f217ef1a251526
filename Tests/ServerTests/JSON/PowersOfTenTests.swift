import Testing

@testable import Server

struct PowersOfTenTests {
    /// By Python's integers.
    static let entries: [(Int, UInt64, UInt64)] = [
        (-342, 0xeef4_53d6_923b_d65a, 0x113f_aa29_06a1_3b3f),
        (-200, 0xc3f4_90aa_77bd_60fc, 0xbedb_fc44_1106_8a9c),
        (-28, 0xfd87_b5f2_8300_ca0d, 0x8bca_9d6e_1888_53fc),
        (-27, 0x9e74_d1b7_91e0_7e48, 0x775e_a264_cf55_347e),
        (-1, 0xcccc_cccc_cccc_cccc, 0xcccc_cccc_cccc_cccd),
        (0, 0x8000_0000_0000_0000, 0x0000_0000_0000_0000),
        (1, 0xa000_0000_0000_0000, 0x0000_0000_0000_0000),
        (27, 0xcecb_8f27_f420_0f3a, 0x0000_0000_0000_0000),
        (28, 0x813f_3978_f894_0984, 0x4000_0000_0000_0000),
        (55, 0xd0cf_4b50_cfe2_0765, 0xfff4_b4e3_f741_cf6d),
        (56, 0x8281_8f12_81ed_449f, 0xbff8_f10e_7a89_21a4),
        (200, 0xa738_c6be_bb12_d16c, 0xb428_f8ac_0165_61db),
        (308, 0x8e67_9c2f_5e44_ff8f, 0x570f_09ea_a7ea_7648),
        (324, 0x9e19_db92_b4e3_1ba9, 0x6c07_a2c2_6a83_46d1),
    ]

    @Test(arguments: entries)
    func entry(q: Int, high: UInt64, low: UInt64) {
        let power = PowersOfTen.shared.significand(q)
        #expect(power.high == high)
        #expect(power.low == low)
    }

    @Test func roundingUpNeverCarries() {
        for q in PowersOfTen.lowest...PowersOfTen.highest {
            let power = PowersOfTen.shared.significand(q)
            #expect(power.high >> 63 == 1)
            #expect(power.high != .max && power.low != .max)
        }
    }
}
