import TestSupport
import Testing

extension OverHTTP {
    /// An introduction to Chainer's automatic differentiation, example by example, with the numbers and the nulls that
    /// Chainer really gives.
    @Suite struct ArticleTests {
        // MARK: backward adds up

        @Test("backward twice doubles the grad, and each further one adds 2")
        func backwardAddsUp() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [1]}"#).expect(201)
            try bench.op(#"{"op": "mul", "inputs": [2, "x"], "output": "y"}"#).expect(201)
            #expect(try bench.gradient("x") == "null")
            for sum in ["2.0", "4.0", "6.0", "8.0"] {
                try bench.post("backward", #"{"output": "y"}"#).expect(200, #"{"grads":{"x":[\#(sum)]}}"#)
                #expect(try bench.gradient("x") == "[\(sum)]")
                #expect(try bench.gradient("y") == "null", "a root that is no leaf keeps no grad")
                #expect(try bench.array("y") == "[2.0]")
            }
        }

        @Test("cleargrad between two backwards gives the right grad again")
        func cleargrad() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [1]}"#).expect(201)
            try bench.op(#"{"op": "mul", "inputs": [2, "x"], "output": "y"}"#).expect(201)
            try bench.post("backward", #"{"output": "y"}"#).expect(200, #"{"grads":{"x":[2.0]}}"#)
            try bench.post("cleargrad", #"{"variables": ["x"]}"#).expect(200, "{}")
            #expect(try bench.gradient("x") == "null")
            try bench.post("backward", #"{"output": "y"}"#).expect(200, #"{"grads":{"x":[2.0]}}"#)
            #expect(try bench.gradient("x") == "[2.0]")
        }

        @Test("cleargrad without names clears all, with an empty list none")
        func cleargradOfAll() throws {
            let bench = try Bench()
            try bench.buildArticle()
            try bench.post("backward", #"{"output": "z", "grad_outputs": [[1, 1]]}"#).expect(200)
            try bench.post("cleargrad", #"{"variables": []}"#).expect(200, "{}")
            #expect(try bench.gradient("x0") == "[4.0,4.0]")
            try bench.post("cleargrad", #"{"variables": ["x0"]}"#).expect(200, "{}")
            #expect(try bench.gradient("x0") == "null")
            #expect(try bench.gradient("x1") == "[6.0,6.0]")
            try bench.post("cleargrad").expect(200, "{}")
            try bench.expectGrads([:])
        }

        // MARK: chainer.grad

        @Test("z/x0 is [4, 4] however often one asks, and x0.grad stays null")
        func gradOnce() throws {
            let bench = try Bench()
            try bench.buildArticle()
            #expect(try bench.array("y") == "[6.0,11.0]")
            #expect(try bench.array("z") == "[12.0,22.0]")
            for _ in 0..<2 {
                try bench.post("grad", #"{"outputs": ["z"], "inputs": ["x0"]}"#)
                    .expect(200, #"{"grads":{"x0":[4.0,4.0]}}"#)
                try bench.expectGrads([:])
            }
        }

        @Test("z/(x0, x1) is [4, 4] and [6, 6], in the order of the inputs")
        func gradOfTwo() throws {
            let bench = try Bench()
            try bench.buildArticle()
            try bench.post("grad", #"{"outputs": ["z"], "inputs": ["x0", "x1"]}"#)
                .expect(200, #"{"grads":{"x0":[4.0,4.0],"x1":[6.0,6.0]}}"#)
            try bench.post("grad", #"{"outputs": ["z"], "inputs": ["x1", "x0"]}"#)
                .expect(200, #"{"grads":{"x1":[6.0,6.0],"x0":[4.0,4.0]}}"#)
            try bench.expectGrads([:])
        }

        @Test("y/x0 is [2, 2], and z/y too")
        func gradOfIntermediates() throws {
            let bench = try Bench()
            try bench.buildArticle()
            try bench.post("grad", #"{"outputs": ["y"], "inputs": ["x0"]}"#)
                .expect(200, #"{"grads":{"x0":[2.0,2.0]}}"#)
            try bench.post("grad", #"{"outputs": ["z"], "inputs": ["y"]}"#)
                .expect(200, #"{"grads":{"y":[2.0,2.0]}}"#)
            try bench.expectGrads([:])
        }

        @Test("Where no path leads the gradient is null")
        func gradWithoutPath() throws {
            let bench = try Bench()
            try bench.buildArticle()
            try bench.variable("other", #"{"data": [1, 1]}"#).expect(201)
            try bench.post("grad", #"{"outputs": ["z"], "inputs": ["other", "x0"]}"#)
                .expect(200, #"{"grads":{"other":null,"x0":[4.0,4.0]}}"#)
            try bench.post("grad", #"{"outputs": ["y"], "inputs": ["z"]}"#).expect(200, #"{"grads":{"z":null}}"#)
        }

        @Test(
            "set_grad leaves the result in x0.grad, and nowhere else",
            arguments: [("y", "[2.0,2.0]"), ("z", "[4.0,4.0]")])
        func setGrad(output: String, gradient: String) throws {
            let bench = try Bench()
            try bench.buildArticle()
            // It assigns: twice is as once.
            for _ in 0..<2 {
                try bench.post("grad", #"{"outputs": ["\#(output)"], "inputs": ["x0"], "set_grad": true}"#)
                    .expect(200, #"{"grads":{"x0":\#(gradient)}}"#)
                try bench.expectGrads(["x0": gradient])
            }
        }

        @Test("set_grad assigns null too, where no path leads")
        func setGradOfNull() throws {
            let bench = try Bench()
            try bench.buildArticle()
            try bench.client.put("\(bench.graph)/variables/z/grad", "[7, 7]").expectNoContent()
            try bench.post("grad", #"{"outputs": ["y"], "inputs": ["z", "x1"], "set_grad": true}"#)
                .expect(200, #"{"grads":{"z":null,"x1":[3.0,3.0]}}"#)
            try bench.expectGrads(["x1": "[3.0,3.0]"])
        }

        @Test("retain_grad of z/x0 leaves [2, 2] in y and [1, 1] in z; the leaves stay null")
        func retainGrad() throws {
            let bench = try Bench()
            try bench.buildArticle()
            try bench.post("grad", #"{"outputs": ["z"], "inputs": ["x0"], "retain_grad": true}"#)
                .expect(200, #"{"grads":{"x0":[4.0,4.0]}}"#)
            try bench.expectGrads(["a": "[2.0,2.0]", "y": "[2.0,2.0]", "z": "[1.0,1.0]"])
        }

        @Test("retain_grad of y/x0 leaves [1, 1] in y and nothing in z")
        func retainGradBelow() throws {
            let bench = try Bench()
            try bench.buildArticle()
            try bench.post("grad", #"{"outputs": ["y"], "inputs": ["x0"], "retain_grad": true}"#)
                .expect(200, #"{"grads":{"x0":[2.0,2.0]}}"#)
            try bench.expectGrads(["a": "[1.0,1.0]", "y": "[1.0,1.0]"])
        }

        @Test("set_grad with retain_grad does both")
        func setAndRetain() throws {
            let bench = try Bench()
            try bench.buildArticle()
            try bench.post(
                "grad", #"{"outputs": ["z"], "inputs": ["x0", "x1"], "set_grad": true, "retain_grad": true}"#
            ).expect(200, #"{"grads":{"x0":[4.0,4.0],"x1":[6.0,6.0]}}"#)
            try bench.expectGrads([
                "x0": "[4.0,4.0]", "x1": "[6.0,6.0]", "a": "[2.0,2.0]", "b": "[2.0,2.0]", "y": "[2.0,2.0]",
                "z": "[1.0,1.0]",
            ])
        }

        @Test("grad neither adds to what backward left nor takes anything off it")
        func gradBesideBackward() throws {
            let bench = try Bench()
            try bench.buildArticle()
            try bench.post("backward", #"{"output": "z", "grad_outputs": [[1, 1]]}"#)
                .expect(200, #"{"grads":{"x0":[4.0,4.0],"x1":[6.0,6.0]}}"#)
            try bench.post("grad", #"{"outputs": ["z"], "inputs": ["x0"]}"#)
                .expect(200, #"{"grads":{"x0":[4.0,4.0]}}"#)
            try bench.expectGrads(["x0": "[4.0,4.0]", "x1": "[6.0,6.0]"])
            try bench.post("backward", #"{"output": "z", "grad_outputs": [[1, 1]]}"#)
                .expect(200, #"{"grads":{"x0":[8.0,8.0],"x1":[12.0,12.0]}}"#)
        }

        @Test("backward of the article's z, which has two elements, is refused until it has a grad")
        func backwardOfTwoElements() throws {
            let bench = try Bench()
            try bench.buildArticle()
            let problem = try bench.post("backward", #"{"output": "z"}"#).expectProblem(422, "no-gradient")
            #expect(problem["detail"]?.string?.contains("grad_outputs") == true)
            try bench.expectGrads([:])
            try bench.client.put("\(bench.graph)/variables/z/grad", "[1, 1]").expectNoContent()
            try bench.post("backward", #"{"output": "z"}"#)
                .expect(200, #"{"grads":{"x0":[4.0,4.0],"x1":[6.0,6.0]}}"#)
            // The root's grad is used up.
            try bench.expectGrads(["x0": "[4.0,4.0]", "x1": "[6.0,6.0]"])
            try bench.post("backward", #"{"output": "z"}"#).expectProblem(422, "no-gradient")
        }
    }
}

extension OverHTTP.Bench {
    /// Checks the grad of every variable of the article's graph: those not named are null.
    fileprivate func expectGrads(_ wanted: [String: String], at place: SourceLocation = #_sourceLocation) throws {
        for name in ["x0", "x1", "a", "b", "y", "z"] {
            #expect(try gradient(name) == wanted[name] ?? "null", "the grad of \(name)", sourceLocation: place)
        }
    }
}
