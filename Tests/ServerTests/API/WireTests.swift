import Foundation
import TestSupport
import Testing

extension OverHTTP {
    /// Arrays on the wire: every dtype, every shape, the shortest numbers.
    @Suite struct WireTests {
        @Test(
            "An array comes back as it went in, in its dtype",
            arguments: [
                // dtype, data in, data out
                ("", "[1, 2]", "[1.0,2.0]"),
                (#", "dtype": "float32""#, "[[1, 2], [3, 4]]", "[[1.0,2.0],[3.0,4.0]]"),
                (#", "dtype": "float64""#, "0.1", "0.1"),
                (#", "dtype": "int32""#, "[-2147483648, 2147483647]", "[-2147483648,2147483647]"),
                (
                    #", "dtype": "int64""#, "[-9223372036854775808, 9223372036854775807, 9007199254740993]",
                    "[-9223372036854775808,9223372036854775807,9007199254740993]"
                ),
                (#", "dtype": "int32""#, "[1.0, 1e2, -0.0, 2.50e1]", "[1,100,0,25]"),
                (#", "dtype": "bool""#, "[[true], [false]]", "[[true],[false]]"),
                // 0 dimensions
                ("", "3", "3.0"),
                (#", "dtype": "int64""#, "3", "3"),
                (#", "dtype": "bool""#, "true", "true"),
                // What JSON has no number for
                ("", #"["NaN", "Infinity", "-Infinity"]"#, #"["NaN","Infinity","-Infinity"]"#),
                (#", "dtype": "float64""#, #""-Infinity""#, #""-Infinity""#),
                ("", "[1e39, -1e39, 1e400]", #"["Infinity","-Infinity","Infinity"]"#),
                (#", "dtype": "float64""#, "[1e39, -1e400, 1e-400]", #"[1e+39,"-Infinity",0.0]"#),
                ("", "[0e999999999999999999999, 1e-999999999999999999999]", "[0.0,0.0]"),
                // Empty
                ("", "[]", "[]"),
                ("", "[[], []]", "[[],[]]"),
                (#", "shape": [0, 3]"#, "[]", "[]"),
                (#", "shape": [2, 0]"#, "[]", "[[],[]]"),
                (#", "shape": [2, 0, 5]"#, "[]", "[[],[]]"),
                // A flat list with a shape
                (#", "shape": [2, 2]"#, "[1, 2, 3, 4]", "[[1.0,2.0],[3.0,4.0]]"),
                (#", "shape": [2, 1]"#, "[[1], [2]]", "[[1.0],[2.0]]"),
                (#", "shape": [1, 1, 1]"#, "5", "[[[5.0]]]"),
                (#", "shape": []"#, "[5]", "5.0"),
                // White space is free
                ("", " [ 1 ,\t2 ,\n\r 3 ] ", "[1.0,2.0,3.0]"),
            ])
        func roundTrip(options: String, data: String, wanted: String) throws {
            let bench = try Bench()
            let reply = try bench.variable("x", #"{"data": \#(data)\#(options)}"#)
            reply.expect(201)
            #expect(reply.text.contains("\"data\":\(wanted),\"grad\":null"), "\(reply.text)")
            #expect(try bench.array("x") == wanted)
            // What comes out goes in.
            try bench.client.put("\(bench.graph)/variables/x/data", #"{"from": "x"}"#).expectNoContent()
            #expect(try bench.array("x") == wanted)
        }

        @Test("An array without elements keeps its shape", arguments: ["[0]", "[0,3]", "[2,0,5]", "[3,1,0]"])
        func emptyShapes(shape: String) throws {
            let bench = try Bench()
            let reply = try bench.variable("x", #"{"data": [], "shape": \#(shape)}"#)
            reply.expect(201)
            #expect(try reply.member("shape") == shape)
            #expect(try bench.op(#"{"op": "mul", "inputs": [2, "x"], "output": "y"}"#).member("shape") == shape)
            #expect(try bench.op(#"{"op": "sum", "inputs": ["x"], "output": "s"}"#).member("data").hasPrefix("0"))
        }

        @Test(
            "The dtype is float32 where none is given, and requires_grad true for floats only",
            arguments: [
                ("", "float32", true), (#", "dtype": "float64""#, "float64", true),
                (#", "dtype": "int32""#, "int32", false), (#", "dtype": "int64""#, "int64", false),
            ])
        func dtypes(option: String, dtype: String, requiresGrad: Bool) throws {
            let bench = try Bench()
            let reply = try bench.variable("x", #"{"data": [1]\#(option)}"#).json
            #expect(reply["dtype"]?.string == dtype)
            #expect(reply["requires_grad"]?.bool == requiresGrad)
            #expect(reply["grad"]?.isNull == true)
        }

        @Test(
            "A float32 is written as the shortest text that reads back the same",
            arguments: [
                ("4", "4.0"), ("0.1", "0.1"), ("-0.0", "-0.0"), ("0", "0.0"), ("1e-7", "1e-07"), ("0.0001", "0.0001"),
                ("0.00001", "1e-05"), ("123456789", "123456790.0"), ("16777217", "16777216.0"),
                ("1e10", "10000000000.0"),
                ("3.4028235e38", "3.4028235e+38"), ("1e-45", "1e-45"), ("0.333333333333", "0.33333334"),
                ("1.00000001", "1.0"), ("0.30000000000000004", "0.3"), ("5e-324", "0.0"),
            ])
        func shortestFloats(number: String, wanted: String) throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": \#(number)}"#).expect(201)
            #expect(try bench.array("x") == wanted)
        }

        @Test(
            "A float64 is written as the shortest text that reads back the same",
            arguments: [
                ("4", "4.0"), ("0.1", "0.1"), ("1e-7", "1e-07"), ("0.30000000000000004", "0.30000000000000004"),
                ("9007199254740993", "9007199254740992.0"), ("1.7976931348623157e308", "1.7976931348623157e+308"),
                ("5e-324", "5e-324"), ("2.2250738585072014e-308", "2.2250738585072014e-308"),
                ("123456789.125", "123456789.125"), ("0.00001", "1e-05"),
            ])
        func shortestDoubles(number: String, wanted: String) throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": \#(number), "dtype": "float64"}"#).expect(201)
            #expect(try bench.array("x") == wanted)
        }

        @Test("NaN and Infinity go through an op, a grad and back")
        func notFinite() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [-1, 0, "NaN", "Infinity"]}"#).expect(201)
            try bench.op(#"{"op": "log", "inputs": ["x"], "output": "y"}"#).expect(201)
            #expect(try bench.array("y") == #"["NaN","-Infinity","NaN","Infinity"]"#)
            try bench.post("backward", #"{"output": "y", "grad_outputs": [[1, 1, 1, "Infinity"]]}"#)
                .expect(200, #"{"grads":{"x":[-1.0,"Infinity","NaN","NaN"]}}"#)
            #expect(try bench.gradient("x") == #"[-1.0,"Infinity","NaN","NaN"]"#)
        }

        @Test(
            "A body is read as JSON whatever Content-Type says",
            arguments: ["application/x-www-form-urlencoded", "application/json", "text/plain; charset=latin1", ""])
        func contentTypes(type: String) throws {
            let bench = try Bench()
            let reply = try bench.client.send(
                "PUT", "\(bench.graph)/variables/x", Data(#"{"data": 1}"#.utf8), headers: ["Content-Type: \(type)"])
            reply.expect(201)
        }

        @Test("32 dimensions are the most, and come back")
        func deepest() throws {
            let bench = try Bench()
            let nested = String(repeating: "[", count: 32) + "1.0" + String(repeating: "]", count: 32)
            try bench.variable("x", #"{"data": \#(nested)}"#).expect(201)
            #expect(try bench.array("x") == nested)
        }
    }
}
