@main
struct Gradd {
    static func main() { print("hello") }
}
