"""Writes formulas.json: what Python makes of expressions that are formulas, too.

    python3 Tests/Fixtures/generate_formulas.py

It needs Python 3.10 or later and nothing else. `value` is what Python computes, `tree` what its parser reads.
"""

import ast
import json
import pathlib
import random

NUMBERS = r"""
1+2*3 | (1+2)*3 | 2*3+4*5 | 1-2-3 | 1-(2-3) | 8/4/2 | 8/(4/2) | 2**3**2 | (2**3)**2 | -2**2 | (-2)**2 | 2**-1 | 2**-2**2
-2**-2 | --2 | ---2 | +-+2 | -+2**2 | 2*-3 | 2--3 | 2---3 | 2+-3*-4 | -3*-4 | -3**2*2 | 2*3**2 | 2**3*4 | 4*2**3 | -7//2
7//2 | 7//-2 | -7//-2 | -(7//2) | 7.5//2 | -7.5//2 | 7.5//-2 | 1//0.1 | 0.3//0.1 | -0.5//1 | 7/2 | 6/3 | 1/3 | 2/3*3 | 10//3*3
10//(3*3) | 2*7//3 | 2*(7//3) | 7//3/2 | 1e-3 | 1E3 | 1.5e+2 | .5 | 5. | 5.e1 | 0.1+0.2 | 1_0 | 00 | 0.5**2 | 2**0.5 | 2**10
10**18 | 10**19 | 2**62+2**62 | 9223372036854775807+1 | 9223372036854775807 | 9223372036854775808 | -9223372036854775807-1
3-3 | 0*-1 | -0 | 0.0*-1 | 1<2 | 2<1 | 1<=1 | 1>=2 | 1==1.0 | 1!=2 | 1+1==2 | 1+1<2*2 | -1<0 | (1<2)==(2<3) | (1<2)+(2<3)*5 | -(1<2) | 2**2>=4
3*(2+1)**2-4/2+1 | ((((7)))) | 1+2-3*4/5//6 | 100-10*9**1//7 | (1+2)*(3-4)/(5+6) | 2*3%4 | 0**0 | 0.0**0 | (-8)**3 | (-2)**-1
1 - 2 + 3 | 1\t+\t2 | (1+\n2) | ( # one\n1 + # two\n2) | [1,\n2][1] | (3,4)[-1] | [5,6,7][1]*2 | 2*(3,)[0] | [[1,2],[3,4]][1][0]
9007199254740993 | 9007199254740993+0 | 9007199254740993==9007199254740992 | 9007199254740993<9007199254740992.5 | 3**40 | 7**-3
"""

TREES = r"""
x | x+y*z | x*y+z | x-y-z | x/y/z | x@y@z | x@y*z | x*y@z | x//y*z | -x**y | x**-y | x**-y**z | -x*y | -x+y | x**y**z | +x
(x+y)*z | x<y | x+1<y*2 | x==y+z | -x<y | x<-y | (x<y)==z | f(x) | f(x)**2 | -f(x) | f(x)[0] | f(g(x), y) | f() | f(x,) | f(x, y=1)
f(x, y=1, z=2,) | f([x, y]) | f((x, y), axis=0) | f(x, (1, 2), "a") | f(x, a='b\n', c="d\"e") | f(x, axis=-1) | f(x, axis=(0, 1))
f(x, None, True, False) | x[0] | x[-1] | x[1:3] | x[:3] | x[1:] | x[:] | x[::2] | x[::-1] | x[1:3:2] | x[:, 0] | x[..., 0] | x[None]
x[1:3, ..., None, [0,2], ::-1] | x[0][1] | x[[0, 2]] | x[[True, False]] | x[(0, 1)] | x[0, 1] | x[0,] | x[(0, 1),] | x[n-1:n+1]
x[f(y)] | -x[0] | x[0]**2 | x**y[0] | 2*x[0] | (x+y)[0] | (x, y)[0] | [x, y] | [] | () | (x,) | (x, y) | x, y | x, | [[1, 2], [3, 4]]
2*(2*x0 + 3*x1) | 1e-3*x | x**2 + 2*x*y + y**2 | a*-b**-c | a**b*c**d | a-b+c-d | a<b+c*d**e | f(-x)(0) | x.y | 'a' | "it's" | 'tab\t'
'\x41\u00e9\U0001F600' | "ü" | "#" | x # comment | (x\n+ y) | f(\nx,\ny\n) | [\n1,\n2\n] | x[\n0\n] | (x) | ((x)) | -(x) | -(-x) | x+-y
y = x | y = x, | a, b = f(x) | a, = f(x) | (a, b) = f(x) | [a, b] = f(x) | a, (b, c) = f(x) | a = b + c*d | a = (b, c) | a, b = b, a
y = x; z = y | y = x\nz = y | y = x;\nz = y; | \n\ny = x\n\n\nz | # c\ny = x # c\n# c\nz # c | y = x\r\nz = y\r\ny + z | y = f(x,\n a=1)\ny
"""

OPERATORS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.MatMult: "@", ast.Pow: "**",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}


def words(*parts):
    return "(" + " ".join(parts) + ")"


def tree(node):
    match node:
        case ast.Expr(value):
            return tree(value)
        case ast.Assign([target], value):
            return words("=", tree(target).replace("(list", "(tuple"), tree(value))
        case ast.Name(name):
            return name
        case ast.Constant(value):
            return "..." if value is ... else json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
        case ast.UnaryOp(ast.USub(), operand):
            return words("neg", tree(operand))
        case ast.UnaryOp(ast.UAdd(), operand):
            return words("pos", tree(operand))
        case ast.BinOp(left, sign, right) | ast.Compare(left, [sign], [right]):
            return words(OPERATORS[type(sign)], tree(left), tree(right))
        case ast.Tuple(items):
            return words("tuple", *map(tree, items))
        case ast.List(items):
            return words("list", *map(tree, items))
        case ast.Call(ast.Name(name), arguments, keywords):
            return words("call", name, *map(tree, arguments), *(f"{k.arg}={tree(k.value)}" for k in keywords))
        case ast.Subscript(value, index):
            items = index.elts if isinstance(index, ast.Tuple) else [index]
            return words("index", tree(value), *map(tree, items))
        case ast.Slice(start, stop, step):
            return ":".join(tree(part) if part else "" for part in ([start, stop, step] if step else [start, stop]))
    raise ValueError("no formula")


def expressions(table):
    for line in table.strip().splitlines():
        for text in line.split(" | "):
            # Escapes are the line's, but within quotes they are the formula's.
            if "'" not in text and '"' not in text:
                text = text.encode().decode("unicode_escape")
            yield text


def is_formula(text):
    # Python has these, formulas do not.
    return not any(part in text for part in ("%", "_0", ")(0)", "x.y"))


def random_expression(rng, depth):
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(["1", "2", "3", "5", "7", "0.5", "1.25", "2.5", "1e1", "4"])
    def inner(): return random_expression(rng, depth - 1)
    kind = rng.random()
    if kind < 0.12: return "-" + inner()
    if kind < 0.16: return "+" + inner()
    if kind < 0.30: return "(" + inner() + ")"
    if kind < 0.40: return inner() + rng.choice(["**2", "**-1", " ** 3", "**-2"])
    return inner() + rng.choice(["+", "-", "*", "/", "//", " + ", " - ", " * ", " / ", " // "]) + inner()


def main():
    cases = []
    for text in filter(is_formula, expressions(NUMBERS)):
        cases.append({"expr": text, "value": eval(text)})
    rng = random.Random(4)
    while len(cases) < 500:
        text = random_expression(rng, 4)
        try:
            value = eval(text)
        except ArithmeticError:
            continue
        # Python's integers have no end, and some of its powers are complex.
        if len(text) > 6 and not isinstance(value, complex) and abs(value) < 1e15:
            cases.append({"expr": text, "value": value})
    for text in filter(is_formula, expressions(TREES)):
        cases.append({"expr": text, "tree": "; ".join(map(tree, ast.parse(text.strip("\n") if "\n" in text else text).body))})
    path = pathlib.Path(__file__).parent / "formulas.json"
    path.write_text("[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]\n")
    print(len(cases))


main()
