extension Refusal {
    private static let split = #"{"op":"split_axis","inputs":["x"],"args":{"indices_or_sections":2,"axis":0}"#

    /// Ops, inputs, arguments and outputs that do not fit.
    static let ops: [Refusal] = [
        .post("ops", "", 400, "bad-request", "\"op\" is missing"),
        .post("ops", "[]", 400, "bad-request", at: "", "an object", "a list"),
        .post("ops", #"{"inputs":["x"]}"#, 400, "bad-request", at: "", "\"op\" is missing"),
        .post("ops", #"{"op":"exp"}"#, 400, "bad-request", at: "", "\"inputs\" is missing"),
        .post("ops", #"{"op":"exp","inputs":null}"#, 400, "bad-request", at: "/inputs", "null"),
        .post("ops", #"{"op":1,"inputs":["x"]}"#, 400, "bad-request", at: "/op", "the name of an op", "a number"),
        .post("ops", #"{"op":"softmx","inputs":["x"]}"#, 422, "unknown-op", at: "/op", "Did you mean softmax?"),
        .post("ops", #"{"op":"_dropout_mask","inputs":["x"]}"#, 422, "unknown-op", at: "/op", "_dropout_mask"),
        .post("ops", #"{"op":"neg","input":["x"]}"#, 400, "bad-request", "input", "Did you mean \"inputs\"?"),
        .post("ops", #"{"op":"neg","inputs":["x"],"out":"w"}"#, 400, "bad-request", at: "/out", "\"out\""),
        .post("ops", #"{"op":"neg","inputs":["x"],"inputs":["y"]}"#, 400, "bad-request", "comes twice"),

        .post("ops", #"{"op":"neg","inputs":"x"}"#, 400, "bad-request", at: "/inputs", "a list", "a string"),
        .post("ops", #"{"op":"neg","inputs":["z"]}"#, 422, "unknown-name", at: "/inputs/0", "no variable z"),
        .post(
            "ops", #"{"op":"mul","inputs":["x","matrx"]}"#, 422, "unknown-name", at: "/inputs/1", "Did you mean matrix?"
        ),
        .post(
            "ops", #"{"op":"mul","inputs":{"a":"x","b":"Matrix"}}"#, 422, "unknown-name", at: "/inputs/b",
            "mean matrix?"),
        .post("ops", #"{"op":"mul","inputs":{"a":"x","c":"x"}}"#, 400, "bad-request", at: "/inputs/c", "\"c\""),
        .post("ops", #"{"op":"mul","inputs":["x"]}"#, 422, "argument", at: "/inputs", "b is missing"),
        .post("ops", #"{"op":"mul","inputs":{"b":"x"}}"#, 422, "argument", "a is missing"),
        .post("ops", #"{"op":"neg","inputs":["x","x"]}"#, 422, "argument", "neg(x)", "2 inputs"),
        .post("ops", #"{"op":"concat","inputs":[]}"#, 422, "argument", "at least one"),
        .post("ops", #"{"op":"mul","inputs":["x",true]}"#, 400, "bad-request", at: "/inputs/1", "float32"),
        .post("ops", #"{"op":"mul","inputs":["x",[1,[2]]]}"#, 400, "bad-request", at: "/inputs/1/1", "list"),
        .post("ops", #"{"op":"mul","inputs":["x",{"data":1,"n":2}]}"#, 400, "bad-request", at: "/inputs/1/n", "\"n\""),
        .post("ops", #"{"op":"mul","inputs":["x",{"shape":[1]}]}"#, 400, "bad-request", at: "/inputs/1", "\"data\""),
        .post("ops", #"{"op":"mul","inputs":["i",1.5]}"#, 422, "dtype", at: "/inputs/1", "int64", "cast", "1.5"),

        .post("ops", #"{"op":"mul","inputs":["x","d"]}"#, 422, "dtype", at: "/inputs/1", "float32", "float64", "cast"),
        .post("ops", #"{"op":"add","inputs":["i","x"]}"#, 422, "dtype", at: "/inputs/1", "int64", "float32", "cast"),
        .post("ops", #"{"op":"exp","inputs":["i"]}"#, 422, "dtype", at: "/inputs/0", "int64", "cast"),
        .post("ops", #"{"op":"where","inputs":["x","x","x"]}"#, 422, "dtype", at: "/inputs/0", "bool", "float32"),
        .post("ops", #"{"op":"mul","inputs":["x",[1,2,3]]}"#, 422, "shape", "broadcast", "(2,)", "(3,)"),
        .post("ops", #"{"op":"add","inputs":["x","matrix"]}"#, 422, "shape", "broadcast", "(2, 3)"),
        .post("ops", #"{"op":"matmul","inputs":["matrix","matrix"]}"#, 422, "shape", "columns", "rows", "(2, 3)"),
        .post("ops", #"{"op":"matmul","inputs":["matrix",2]}"#, 422, "shape", at: "/inputs/1", "one dimension"),
        .post(
            "ops", #"{"op":"concat","inputs":["x","matrix"],"args":{"axis":0}}"#, 422, "shape", at: "/inputs/1",
            "(2, 3)"),
        .post("ops", #"{"op":"reshape","inputs":["x"],"args":{"shape":[3]}}"#, 422, "shape", "2 elements", "(3,)"),
        .post("ops", #"{"op":"broadcast_to","inputs":["x"],"args":{"shape":[3]}}"#, 422, "shape", "(3,)"),
        .post("ops", #"{"op":"softmax_cross_entropy","inputs":["matrix",[0,5]]}"#, 422, "argument", "0 to 2", "5"),
        .post("ops", #"{"op":"softmax_cross_entropy","inputs":["matrix",[0]]}"#, 422, "shape", "(2,)", "(1,)"),
        .post("ops", #"{"op":"pow","inputs":["i",-1]}"#, 422, "argument", "negative", "cast"),

        .post("ops", #"{"op":"sum","inputs":["x"],"args":[]}"#, 400, "bad-request", at: "/args", "an object"),
        .post(
            "ops", #"{"op":"sum","inputs":["x"],"args":{"axes":0}}"#, 400, "bad-request", at: "/args/axes", "mean axis?"
        ),
        .post(
            "ops", #"{"op":"neg","inputs":["x"],"args":{"a":0}}"#, 400, "bad-request", at: "/args/a", "no argument a"),
        .post("ops", #"{"op":"sum","inputs":["x"],"args":{"axis":0,"axis":0}}"#, 400, "bad-request", "comes twice"),
        .post(
            "ops", #"{"op":"sum","inputs":["x"],"args":{"axis":"0"}}"#, 400, "bad-request", at: "/args/axis", "integer"),
        .post("ops", #"{"op":"sum","inputs":["x"],"args":{"axis":0.5}}"#, 400, "bad-request", at: "/args/axis", "0.5"),
        .post(
            "ops", #"{"op":"sum","inputs":["x"],"args":{"keepdims":1}}"#, 400, "bad-request", at: "/args/keepdims",
            "true"),
        .post(
            "ops", #"{"op":"sum","inputs":["x"],"args":{"axis":{}}}"#, 400, "bad-request", at: "/args/axis", "object"),
        .post("ops", #"{"op":"reshape","inputs":["x"]}"#, 400, "bad-request", "needs the argument shape"),
        .post("ops", #"{"op":"cast","inputs":["x"],"args":{"typ":5}}"#, 400, "bad-request", at: "/args/typ", "dtype"),
        .post("ops", #"{"op":"cast","inputs":["x"],"args":{"typ":"real"}}"#, 422, "dtype", at: "/args/typ", "real"),
        .post(
            "ops", #"{"op":"sum","inputs":["x"],"args":{"axis":1}}"#, 422, "argument", at: "/args/axis", "-1 to 0", "1"),
        .post(
            "ops", #"{"op":"sum","inputs":["matrix"],"args":{"axis":[0,-2]}}"#, 422, "argument", at: "/args/axis",
            "twice"),
        .post(
            "ops", #"{"op":"softmax","inputs":["matrix"],"args":{"axis":-3}}"#, 422, "argument", at: "/args/axis", "-3"),
        .post(
            "ops", #"{"op":"transpose","inputs":["matrix"],"args":{"axes":[0]}}"#, 422, "argument", at: "/args/axes",
            "2"),
        .post(
            "ops", #"{"op":"squeeze","inputs":["x"],"args":{"axis":0}}"#, 422, "argument", at: "/args/axis", "length 2"),
        .post(
            "ops", #"{"op":"get_item","inputs":["x"],"args":{"slices":"7"}}"#, 422, "argument", at: "/args/slices", "7"),
        .post("ops", #"{"op":"get_item","inputs":["x"],"args":{"slices":"::0"}}"#, 422, "argument", at: "/args/slices"),
        .post("ops", #"{"op":"dropout","inputs":["x"],"args":{"ratio":1}}"#, 422, "argument", "less than 1"),
        .post(
            "ops", #"{"op":"split_axis","inputs":["x"],"args":{"indices_or_sections":3,"axis":0}}"#, 422, "argument",
            at: "/args/indices_or_sections", "divisor of 2", "3"),
        .post(
            "ops", #"{"op":"split_axis","inputs":["x"],"args":{"indices_or_sections":[3],"axis":0}}"#, 422, "argument",
            at: "/args/indices_or_sections", "at most 2"),
        .post(
            "ops", #"{"op":"as_strided","inputs":["x"],"args":{"shape":[2],"strides":[9223372036854775807]}}"#, 422,
            "argument", at: "/args/strides", "outside of the array"),
        .post(
            "ops", #"{"op":"tile","inputs":["x"],"args":{"reps":[1000000,1000000]}}"#, 422, "too-large", "too large"),
        .post(
            "ops", #"{"op":"max_pooling_2d","inputs":["matrix"],"args":{"ksize":2}}"#, 422, "shape", at: "/inputs/0",
            "(n, c, height, width)", "(2, 3)"),
        .post(
            "ops", #"{"op":"unpooling_1d","inputs":[[[[1,2]]]],"args":{"ksize":2,"outsize":9}}"#, 422, "argument",
            at: "/args/outsize", "(2,)", "(5,)"),
        .post(
            "ops",
            #"{"op":"roi_max_pooling_2d","inputs":[[[[[1]]]],[[0,0,1,1]],[1]],"args":{"outsize":1,"spatial_scale":1}}"#,
            422, "argument", at: "/inputs/2", "0 to 0", "1"),

        .post(
            "ops", #"{"op":"neg","inputs":["x"],"output":5}"#, 400, "bad-request", at: "/output", "a name", "a number"),
        .post(
            "ops", #"{"op":"neg","inputs":["x"],"output":["w"]}"#, 400, "bad-request", at: "/output", "a name", "a list"
        ),
        .post("ops", #"{"op":"neg","inputs":["x"],"output":"a b"}"#, 400, "bad-name", at: "/output", "a b"),
        .post("ops", #"{"op":"neg","inputs":["x"],"output":"NaN"}"#, 400, "bad-name", at: "/output", "NaN"),
        .post("ops", #"{"op":"neg","inputs":["x"],"output":""}"#, 400, "bad-name", at: "/output"),
        .post("ops", split + #","output":"p"}"#, 400, "bad-request", at: "/output", "2 results", "a string"),
        .post("ops", split + #","output":["p"]}"#, 422, "argument", at: "/output", "2 results"),
        .post("ops", split + #","output":["p","q","r"]}"#, 422, "argument", at: "/output", "2 results"),
        .post("ops", split + #","output":["p",["q"]]}"#, 400, "bad-request", at: "/output/1", "a name", "a list"),
        .post("ops", split + #","output":["p","1"]}"#, 400, "bad-name", at: "/output/1", "1"),
    ]

    /// What cannot be differentiated, and bodies that do not fit.
    static let gradients: [Refusal] = [
        .post("backward", "", 400, "bad-request", "\"output\" is missing"),
        .post("backward", #"{"output":"y","outputs":["y"]}"#, 400, "bad-request", "not both"),
        .post("backward", #"{"output":["y"]}"#, 400, "bad-request", at: "/output", "a list"),
        .post("backward", #"{"outputs":"y"}"#, 400, "bad-request", at: "/outputs", "a list of names", "a string"),
        .post("backward", #"{"outputs":[1]}"#, 400, "bad-request", at: "/outputs/0", "a number"),
        .post("backward", #"{"output":"z"}"#, 422, "unknown-name", at: "/output", "no variable z"),
        .post("backward", #"{"outputs":["y","matrx"]}"#, 422, "unknown-name", at: "/outputs/1", "Did you mean matrix?"),
        .post("backward", #"{"output":"y"}"#, 422, "no-gradient", at: "/output", "grad_outputs", "set its grad", "sum"),
        .post("backward", #"{"outputs":["x","matrix"]}"#, 422, "no-gradient", at: "/outputs/1", "6 elements"),
        .post("backward", #"{"output":"y","grad_outputs":[null]}"#, 422, "no-gradient", at: "/output", "grad_outputs"),
        .post("backward", #"{"output":"i"}"#, 422, "no-gradient", at: "/output", "int64", "float"),
        .post("backward", #"{"output":"b"}"#, 422, "no-gradient", at: "/output", "bool"),
        .post("backward", #"{"output":"y","grad_outputs":[[1,1,1]]}"#, 422, "shape", "(2,)", "(3,)"),
        .post("backward", #"{"output":"y","grad_outputs":[1]}"#, 422, "shape", "(2,)", "()"),
        .post(
            "backward", #"{"output":"y","grad_outputs":[[1,1],[1,1]]}"#, 400, "bad-request", at: "/grad_outputs",
            "one item"),
        .post("backward", #"{"output":"y","grad_outputs":[]}"#, 400, "bad-request", at: "/grad_outputs", "one item"),
        .post(
            "backward", #"{"output":"y","grad_outputs":{"z":[1,1]}}"#, 400, "bad-request", at: "/grad_outputs/z",
            "\"z\""),
        .post("backward", #"{"output":"y","grad_outputs":["d"]}"#, 422, "dtype", "float32", "float64", "cast"),
        .post("backward", #"{"output":"y","grad_outputs":["z"]}"#, 422, "unknown-name", at: "/grad_outputs/0", "z"),
        .post("backward", #"{"output":"y","grad_outputs":[[1,[1]]]}"#, 400, "bad-request", at: "/grad_outputs/0/1"),
        .post("backward", #"{"output":"y","grad_outputs":7}"#, 400, "bad-request", at: "/grad_outputs", "a list"),
        .post("backward", #"{"output":"y","retain_grad":1}"#, 400, "bad-request", at: "/retain_grad", "true or false"),
        .post("backward", #"{"output":"y","retain_grads":true}"#, 400, "bad-request", "Did you mean \"retain_grad\"?"),

        .post(
            "backward", #"{"outputs":["x"],"grad_outputs":[[1,1]],"names":{"x":"p","x":"q"}}"#, 400, "bad-request",
            at: "/names/x", "comes twice"),
        .post("backward", #"{"output":"y","names":{"z":"g"}}"#, 422, "unknown-name", at: "/names/z", "no variable z"),
        .post("backward", #"{"output":"y","names":{"x":"a b"}}"#, 400, "bad-name", at: "/names/x", "a b"),
        .post("backward", #"{"output":"y","names":["g"]}"#, 400, "bad-request", at: "/names", "an object", "a list"),

        .post("grad", "", 400, "bad-request", "\"outputs\" is missing"),
        .post(
            "grad", #"{"outputs":["y"],"inputs":["x"],"names":{"x":"p","x":"q"}}"#, 400, "bad-request", at: "/names/x",
            "comes twice"),
        .post(
            "grad", #"{"outputs":["y"],"inputs":["x"],"names":{"y":"p"}}"#, 400, "bad-request", at: "/names/y", "\"y\""),
        .post(
            "grad", #"{"outputs":["y"],"inputs":["x"],"names":["p","q"]}"#, 400, "bad-request", at: "/names", "one item"
        ),
        .post("grad", #"{"outputs":["y"],"inputs":["x"],"names":["NaN"]}"#, 400, "bad-name", at: "/names/0", "NaN"),
        .post("grad", #"{"outputs":["y"],"inputs":["x"],"accumulate":false}"#, 400, "bad-request", at: "/accumulate"),
        .post("grad", #"{"outputs":["y"]}"#, 400, "bad-request", at: "", "\"inputs\" is missing"),
        .post("grad", #"{"outputs":"y","inputs":["x"]}"#, 400, "bad-request", at: "/outputs", "a list of names"),
        .post("grad", #"{"outputs":["y"],"inputs":"x"}"#, 400, "bad-request", at: "/inputs", "a list of names"),
        .post("grad", #"{"outputs":["y"],"inputs":["x","w"]}"#, 422, "unknown-name", at: "/inputs/1", "no variable w"),
        .post("grad", #"{"outputs":["y"],"inputs":["i"]}"#, 422, "no-gradient", at: "/inputs/0", "int64"),
        .post("grad", #"{"outputs":["i"],"inputs":["x"]}"#, 422, "no-gradient", at: "/outputs/0", "int64"),
        .post("grad", #"{"outputs":["y"],"inputs":["x"],"set_grad":"true"}"#, 400, "bad-request", at: "/set_grad"),
        .post("grad", #"{"outputs":["y"],"inputs":["x"],"retain":true}"#, 400, "bad-request", at: "/retain", "retain"),
        .post("grad", #"{"outputs":["y"],"inputs":["x"],"grad_outputs":[[1]],"set_grad":true}"#, 422, "shape", "(1,)"),
        .post("grad", #"{"outputs":["y"],"inputs":["x"],"grad_outputs":[]}"#, 400, "bad-request", at: "/grad_outputs"),
        .post("grad", #"{"outputs":["y"],"inputs":["x"],"grad_inputs":[[1,2,3]]}"#, 422, "shape", "(2,)", "(3,)"),

        .post("cleargrad", "[]", 400, "bad-request", at: "", "an object", "a list"),
        .post("cleargrad", #"{"variables":"x"}"#, 400, "bad-request", at: "/variables", "a list of names", "a string"),
        .post("cleargrad", #"{"variable":["x"]}"#, 400, "bad-request", "Did you mean \"variables\"?"),
        .post("cleargrad", #"{"variables":["x","w"]}"#, 422, "unknown-name", at: "/variables/1", "no variable w"),
        .post("zerograd", #"{"variables":["x","matrx"]}"#, 422, "unknown-name", at: "/variables/1", "mean matrix?"),
        .post("zerograd", #"{"variables":["i"]}"#, 422, "no-gradient", at: "/variables/0", "int64"),
        .post("zerograd", #"{"variables":["x","b"]}"#, 422, "no-gradient", "bool"),
    ]
}
