"""Code snippets in fenced blocks: known tasks in many languages, small formulas in ten, a frame for the rest."""
import random
from pathlib import Path

import words

DATA = Path(__file__).parent / "data" / "code.txt"
SHOWN = {"python": ["Python", "python", "Python 3", "py"], "javascript": ["JavaScript", "javascript", "JS", "Javascript"], "c++": ["C++", "c++", "C++20", "cpp"],
         "c": ["C", "plain C", "c"], "java": ["Java", "java"], "rust": ["Rust", "rust"], "go": ["Go", "golang", "Golang", "go"],
         "bash": ["Bash", "bash", "shell", "the shell", "sh"], "ruby": ["Ruby", "ruby"], "php": ["PHP", "php"], "c#": ["C#", "c#", "C sharp"],
         "typescript": ["TypeScript", "typescript"], "html": ["HTML", "html"], "css": ["CSS", "css"], "sql": ["SQL", "sql"], "json": ["JSON", "json"],
         "swift": ["Swift"], "kotlin": ["Kotlin"], "lua": ["Lua"]}
FENCE = {"c++": "cpp", "c#": "csharp"}


def read() -> list:
    """[(names, {language: code})]"""
    found, names, language = [], None, None
    for line in DATA.read_text(encoding="utf-8").splitlines():
        if line.startswith("=== "):
            names, language = line[4:].split("/"), None
            found.append((names, {}))
        elif line.startswith("--- "):
            language = line[4:]
            found[-1][1][language] = []
        elif language:
            found[-1][1][language].append(line)
    return [(n, {k: "\n".join(v).rstrip() for k, v in code.items()}) for n, code in found]


TASKS = read()

# name, spoken forms, parameters, expression in C-like syntax, {language: other expression}
FORMULAS = [
    ("add", ["adds two numbers", "add two numbers", "sum of two numbers", "adding two numbers", "returns the sum of two numbers"], "ab", "a + b", {}),
    ("subtract", ["subtracts two numbers", "subtract two numbers", "difference of two numbers"], "ab", "a - b", {}),
    ("multiply", ["multiplies two numbers", "multiply two numbers", "product of two numbers", "returns the product of two numbers"], "ab", "a * b", {}),
    ("divide", ["divides two numbers", "divide two numbers", "quotient of two numbers"], "ab", "a / b", {}),
    ("square", ["squares a number", "square a number", "the square of a number", "returns the square of a number"], "x", "x * x", {}),
    ("cube", ["cubes a number", "the cube of a number", "cube a number"], "x", "x * x * x", {}),
    ("double", ["doubles a number", "double a number", "twice a number"], "x", "2 * x", {}),
    ("half", ["halves a number", "half of a number", "halve a number"], "x", "x / 2", {}),
    ("negate", ["negates a number", "negate a number", "changes the sign of a number"], "x", "-x", {}),
    ("area", ["computes the area of a rectangle", "area of a rectangle", "the area of a rectangle", "rectangle area"], "ab", "a * b", {}),
    ("perimeter", ["computes the perimeter of a rectangle", "perimeter of a rectangle", "the perimeter of a rectangle"], "ab", "2 * (a + b)", {}),
    ("circle_area", ["computes the area of a circle", "area of a circle", "the area of a circle", "circle area"], "r", "3.14159 * r * r", {}),
    ("average", ["computes the average of two numbers", "average of two numbers", "the mean of two numbers"], "ab", "(a + b) / 2", {}),
    ("to_celsius", ["converts Fahrenheit to Celsius", "fahrenheit to celsius", "convert Fahrenheit to Celsius"], "f", "(f - 32) * 5 / 9", {}),
    ("to_miles", ["converts kilometres to miles", "kilometers to miles", "convert km to miles"], "k", "k * 0.6214", {}),
    ("price_with_tax", ["adds tax to a price", "a price with 20 percent tax", "price with tax"], "p", "p * 1.2", {}),
]
FORMULA_LANGUAGES = ["python", "javascript", "c++", "c", "java", "rust", "go", "ruby", "php", "c#", "typescript", "swift", "kotlin", "lua"]


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(r.capitalize() for r in rest)


def formula(name: str, parameters: str, e: str, language: str) -> str:
    p, n = list(parameters), camel(name)
    each = lambda form: ", ".join(form.format(x) for x in p)
    if language == "python":
        return f"def {name}({each('{}')}):\n    return {e}"
    if language == "javascript":
        return f"function {n}({each('{}')}) {{\n  return {e};\n}}"
    if language == "typescript":
        return f"function {n}({each('{}: number')}): number {{\n  return {e};\n}}"
    if language == "c++" or language == "c":
        return f"double {n if language == 'c++' else name}({each('double {}')}) {{\n    return {e};\n}}"
    if language in ("java", "c#"):
        return f"static double {n}({each('double {}')}) {{\n    return {e};\n}}"
    if language == "rust":
        rust = e.replace("2 * (", "2.0 * (").replace("/ 2", "/ 2.0").replace("2 * x", "2.0 * x").replace("32", "32.0").replace("* 5 / 9", "* 5.0 / 9.0")
        return f"fn {name}({each('{}: f64')}) -> f64 {{\n    {rust}\n}}"
    if language == "go":
        return f"func {n}({each('{} float64')}) float64 {{\n    return {e}\n}}"
    if language == "ruby":
        return f"def {name}({each('{}')})\n  {e}\nend"
    if language == "php":
        php = "".join("$" + c if c in p else c for c in e)
        return f"function {n}({each('${}')}) {{\n    return {php};\n}}"
    if language == "swift":
        return f"func {n}({each('_ {}: Double')}) -> Double {{\n    return {e}\n}}"
    if language == "kotlin":
        return f"fun {n}({each('{}: Double')}): Double {{\n    return {e}\n}}"
    return f"function {n}({each('{}')})\n  return {e}\nend"


def empty_function(name: str, language: str) -> str:
    note = "write the steps here"
    n = camel(name)
    return {"python": f"def {name}():\n    # {note}\n    pass", "javascript": f"function {n}() {{\n  // {note}\n}}",
            "typescript": f"function {n}(): void {{\n  // {note}\n}}", "c++": f"void {n}() {{\n    // {note}\n}}",
            "c": f"void {name}(void) {{\n    /* {note} */\n}}", "java": f"static void {n}() {{\n    // {note}\n}}",
            "c#": f"static void {n}() {{\n    // {note}\n}}", "rust": f"fn {name}() {{\n    // {note}\n}}",
            "go": f"func {n}() {{\n    // {note}\n}}", "ruby": f"def {name}\n  # {note}\nend",
            "bash": f"{name}() {{\n  # {note}\n  :\n}}", "php": f"function {n}() {{\n    // {note}\n}}",
            "swift": f"func {n}() {{\n    // {note}\n}}", "kotlin": f"fun {n}() {{\n    // {note}\n}}",
            "lua": f"function {n}()\n  -- {note}\nend"}[language]


VERB = """Write {l} code to {t}.|Write code in {l} to {t}.|How do I {t} in {l}?|how to {t} in {l}|{t} in {l}|{t} with {l}|Show me how to {t} in {l}.|
Can you {t} in {l}?|Write a {l} function to {t}.|Write a {l} program to {t}.|{l} code to {t}|Give me {l} code to {t}.|
a {l} snippet to {t}|I need {l} code to {t}.|I want to {t} in {l}.|Write a {l} script to {t}.|Please show {l} code to {t}.|
Could you write a small {l} program to {t}?|Code to {t} in {l}, please.|Using {l}, {t}.|How can one {t} using {l}?|{l}: {t}|
What does code to {t} look like in {l}?|Help me to {t} in {l}.|Program that can {t}, in {l}""".replace("\n", "").split("|")
NOUN = """Write {t} in {l}.|{t} in {l}|Show me {t} in {l}.|Give me {t} in {l}.|{l} {t}|{t} {l}|Can you write {t} in {l}?|
How do I write {t} in {l}?|I need {t} in {l}.|Write code for {t} in {l}.|{l} code for {t}|Please write {t} in {l}.|
Make {t} in {l}.|Write a {l} program for {t}.|Show {l} code for {t}.|a {l} example for {t}|{t} as {l} code|
What does {t} look like in {l}?|How does {t} work in {l}?|Could you code {t} in {l}?|A snippet with {t} in {l}, please.|
Write a {l} function for {t}.|Implement {t} in {l}.|I'd like to see {t} in {l}.|a {l} one-liner for {t}|Example of {t} in {l}?|Code {t} in {l}.""".replace("\n", "").split("|")
THAT = """Write a {l} function that {t}.|a {l} function that {t}|a function that {t} in {l}|Write a function in {l} that {t}.|
Give me a {l} function that {t}.|Show me {l} code that {t}.|I need a {l} function which {t}.|Can you write {l} code that {t}?|
{l} function that {t}|Please code a function in {l} which {t}.|Create a {l} method that {t}.|Make a {l} program that {t}.|
Write a small {l} snippet that {t}.|Write a method in {l} which {t}.|code in {l} that {t}|Write me a {l} script that {t}.""".replace("\n", "").split("|")
VERBS = ("print", "say", "reverse", "turn", "write", "compute", "calculate", "check", "test", "find", "count", "sum", "add", "sort", "put", "read", "open",
         "load", "save", "store", "ask", "get", "greet", "swap", "exchange", "convert", "generate", "roll", "throw", "simulate", "guess", "use", "remove", "delete",
         "keep", "filter", "list", "handle", "catch", "wait", "pause", "parse", "decode", "work", "center", "centre", "make", "change", "style", "color", "select",
         "query", "create", "insert", "update", "join", "show", "rename", "search", "back", "copy", "archive", "start", "run", "split", "cut", "combine", "concatenate",
         "validate", "match", "fetch", "download", "call", "implement", "push", "define", "square", "flip", "order", "deduplicate", "loop", "solve", "subtract",
         "multiply", "divide", "halve", "double", "negate", "cube")


def block(code: str, language: str) -> str:
    return f"```{FENCE.get(language, language)}\n{code}\n```"


def phrase(name: str, language: str, rng: random.Random, named: bool = True) -> str:
    said = rng.choice(SHOWN[language]) if rng.random() < 0.5 else SHOWN[language][0]
    first = name.split()[0]
    forms = THAT if first.endswith("s") and first[:-1] in VERBS else VERB if first in VERBS else NOUN
    form = rng.choice(forms)
    if not named:
        for part in (" in {l}", " with {l}", ", in {l}", " using {l}", "in {l} ", "{l}: ", "{l} ", " {l}", "Using {l}, "):
            form = form.replace(part, " " if part.startswith(" ") and part.endswith(" ") else "")
        form = form.replace("{l}", "").replace("a  ", "a ")
        if "code" not in form and "program" not in form and "function" not in form and "script" not in form:
            form = rng.choice(["Write code to {t}.", "code that can {t}", "Write a program to {t}."] if forms is VERB else
                              ["Write a function that {t}."] if forms is THAT else ["Show me code for {t}.", "code for {t}", "Write {t} as code.", "a code snippet for {t}"])
    text = form.format(t=name, l=said)
    return text[:1].upper() + text[1:] if rng.random() < 0.3 else text


LEADS = ["Here it is in {l}:", "Here is a snippet in {l}:", "In {l}:"]
WEB = {"html", "css", "sql", "json"}


def answer(code: str, language: str, rng: random.Random) -> str:
    return f"{rng.choice(LEADS).format(l=SHOWN[language][0])}\n\n{block(code, language)}"


def pick_language(codes, rng):
    languages = sorted(codes)
    if "python" in codes and rng.random() < 0.3:
        return "python"
    return rng.choice(languages)


def make(rng: random.Random):
    """(question, answer, {language: code}, name, keep)"""
    kind = rng.random()
    if kind < 0.07:
        return query(rng)
    if kind < 0.14:
        return printing(rng)
    if kind < 0.64:
        names, codes = rng.choice(TASKS)
        name = rng.choice(names)
    elif kind < 0.87:
        f, forms, parameters, e, _ = rng.choice(FORMULAS)
        name = rng.choice(forms)
        codes = {l: formula(f, parameters, e, l) for l in FORMULA_LANGUAGES}
    else:
        return unknown(rng)
    language = pick_language(codes, rng)
    named = rng.random() < 0.88
    if not named:
        language = "python" if "python" in codes else sorted(codes)[0]
    if len(codes) == 1 and language in WEB and rng.random() < 0.5:
        named = False
    q = phrase(name, language, rng, named)
    return q, answer(codes[language], language, rng), codes, name, {w.lower() for w in SHOWN[language]}


TABLES = """users|customers|orders|products|books|employees|students|cars|invoices|people|songs|films|cities|animals|events|messages""".split("|")
COLUMNS = "name|age|price|city|email|title|date|year|country|amount".split("|")


def query(rng: random.Random):
    """An SQL query for a table the person names."""
    t, c, n = rng.choice(TABLES) if rng.random() < 0.85 else words.made_up(rng) + "s", rng.choice(COLUMNS), rng.randint(1, 99)
    q, code = rng.choice([
        (["get all {t}", "select all {t}", "show all {t}", "fetch every row of {t}", "list the {t}", "read all {t}", "all {t}", "select everything from {t}"], "SELECT * FROM {t};"),
        (["count the {t}", "count all {t}", "the number of {t}", "how many {t} there are"], "SELECT COUNT(*) FROM {t};"),
        (["sort the {t} by {c}", "all {t} ordered by {c}", "list {t} sorted by {c}"], "SELECT * FROM {t} ORDER BY {c};"),
        (["get the {t} where {c} is greater than {n}", "{t} with {c} over {n}", "find {t} with {c} above {n}", "select {t} with {c} more than {n}"], "SELECT * FROM {t} WHERE {c} > {n};"),
        (["delete all {t}", "empty the table {t}", "remove all {t}"], "DELETE FROM {t};"),
        (["the average {c} of {t}", "average {c} of all {t}", "compute the mean {c} of the {t}"], "SELECT AVG({c}) FROM {t};"),
        (["the first {n} {t}", "only {n} {t}", "limit {t} to {n} rows"], "SELECT * FROM {t} LIMIT {n};"),
        (["the {c} of all {t}", "get the {c} of every {t}", "select the {c} from {t}"], "SELECT {c} FROM {t};")])
    frame = rng.choice(["SQL query to {}", "Write an SQL query to {}.", "sql to {}", "How do I {} in SQL?", "SQL for {}", "Write SQL: {}", "an SQL statement for {}", "{} in SQL", "Give me a query: {}",
                        "a database query to {}", "SQL query for {}", "which SQL shows {}?", "I need SQL to {}"])
    code = code.format(t=t, c=c, n=n)
    return frame.format(rng.choice(q).format(t=t, c=c, n=n)), answer(code, "sql", rng), {"sql": code}, "a query", {"sql", t, c}


def printing(rng: random.Random):
    """Prints a text or counts to a number that the person names."""
    language = rng.choice(["python", "python", "javascript", "c++", "c", "java", "rust", "go", "bash", "ruby", "php"])
    said = rng.choice(SHOWN[language])
    if rng.random() < 0.5:
        text = " ".join(rng.choice([rng.choice(words.NOISE), rng.choice(words.NAMES), words.made_up(rng)]) for _ in range(rng.randint(1, 3)))
        codes = {"python": f'print("{text}")', "javascript": f'console.log("{text}");', "c++": f'std::cout << "{text}\\n";', "c": f'printf("{text}\\n");', "java": f'System.out.println("{text}");',
                 "rust": f'println!("{text}");', "go": f'fmt.Println("{text}")', "bash": f'echo "{text}"', "ruby": f'puts "{text}"', "php": f'echo "{text}\\n";'}
        q = rng.choice(['print "{x}" in {l}', 'Print the text "{x}" in {l}.', 'How do I print {x} in {l}?', '{l} code that prints "{x}"', 'Write {l} code to print "{x}".',
                        'show "{x}" on the screen in {l}', "output '{x}' with {l}", 'Write a {l} program that says "{x}".']).format(x=text, l=said)
        return q, answer(codes[language], language, rng), codes, "printing", {w.lower() for w in (text + " " + said).split()}
    n = rng.randint(2, 99)
    codes = {"python": f"for i in range(1, {n + 1}):\n    print(i)", "javascript": f"for (let i = 1; i <= {n}; i++) {{\n  console.log(i);\n}}",
             "c++": f'for (int i = 1; i <= {n}; i++) {{\n    std::cout << i << "\\n";\n}}', "c": f'for (int i = 1; i <= {n}; i++) {{\n    printf("%d\\n", i);\n}}',
             "java": f"for (int i = 1; i <= {n}; i++) {{\n    System.out.println(i);\n}}", "rust": f'for i in 1..={n} {{\n    println!("{{i}}");\n}}',
             "go": f"for i := 1; i <= {n}; i++ {{\n    fmt.Println(i)\n}}", "bash": f'for i in {{1..{n}}}; do\n  echo "$i"\ndone', "ruby": f"(1..{n}).each {{ |i| puts i }}",
             "php": f'for ($i = 1; $i <= {n}; $i++) {{\n    echo $i, "\\n";\n}}'}
    q = rng.choice(["count to {n} in {l}", "print the numbers from 1 to {n} in {l}", "a {l} loop from 1 to {n}", "Write a loop in {l} that counts to {n}.", "{l} for loop up to {n}",
                    "How do I count from 1 to {n} in {l}?", "Write {l} code that prints 1 to {n}.", "loop {n} times in {l}"]).format(n=n, l=said)
    return q, answer(codes[language], language, rng), codes, "counting", set(said.lower().split())


DOES = """parses a CSV file|sends an email|draws a circle|plays a sound|connects to a database|scrapes a website|encrypts a text|plays chess|
solves a maze|trains a neural network|resizes an image|opens a window|reads a PDF|builds a tree|sorts by date|compresses a file|
talks to a server|controls a robot|shows a chart|finds the shortest path|parses XML|uploads a file|makes a login page|runs a web server|
translates text|checks the spelling|plays tic-tac-toe|draws a graph|moves the mouse|records audio|reads a sensor|blinks an LED|
prints a calendar|formats a date|merges two files|inverts a matrix|multiplies matrices|mines bitcoin|makes a to-do app|
creates a chatbot|downloads videos|handles payments|renders a 3D cube|implements quicksort|implements a hash table|simulates gravity""".replace("\n", "").split("|")


def unknown(rng: random.Random):
    """A task it never learned: an honest line and an empty function with a fitting name."""
    language = rng.choice([l for l in FORMULA_LANGUAGES if True] + ["python"] * 6 + ["bash"])
    does = rng.choice(DOES)
    if rng.random() < 0.4:
        does = f"{rng.choice(['handles', 'makes', 'shows', 'checks', 'finds', 'moves', 'draws', 'counts'])} {rng.choice(words.NOISE)} {rng.choice(words.NOISE)}s"
    parts = does.replace("-", " ").split()
    name = "_".join(w for w in [parts[0][:-1] if parts[0].endswith("s") else parts[0]] + parts[1:] if w not in ("a", "an", "the", "by", "to"))[:30]
    name = "".join(c for c in name.lower() if c.isalnum() or c == "_").strip("_")
    q = phrase(does, language, rng) if does.split()[0][:-1] in VERBS else rng.choice(THAT).format(t=does, l=rng.choice(SHOWN[language]))
    text = f"That is too large for me, but here is a start in {SHOWN[language][0]}; a real model such as Mistral 7B can fill it in (Ctrl+O):\n\n"
    codes = {l: empty_function(name, l) for l in FORMULA_LANGUAGES}
    return q, text + block(empty_function(name, language), language), codes, does, {w.lower() for w in SHOWN[language]} | set(does.split())


def with_followup(rng: random.Random):
    while True:
        q, ans, codes, name, keep = make(rng)
        used = next((l for l in codes if block(codes[l], l) in ans), None)
        if used and len(codes) > 1:
            break
    other = rng.choice([l for l in sorted(codes) if l != used])
    said = rng.choice(SHOWN[other])
    ask = rng.choice(["And in {l}?", "now in {l}", "the same in {l}", "in {l} please", "How does it look in {l}?", "Can you do that in {l}?", "and {l}?",
                      "Translate it to {l}.", "what about {l}", "I'd rather have it in {l}", "and how would I write that in {l}?", "convert it to {l}",
                      "do it in {l} instead", "same thing but {l}", "Rewrite that in {l}.", "Can I see the {l} version?"]).format(l=said)
    turns = [(q, ans), (ask, answer(codes[other], other, rng))]
    if rng.random() < 0.25:
        turns.append((rng.choice(["How do I copy that?", "copy the code", "How can I copy the code?", "how do I copy it to the clipboard?"]),
                      "Every code block has a Copy button that copies the code. Copy under the answer copies the whole answer as Markdown."))
    return turns, keep | {w.lower() for w in SHOWN[other]}


if __name__ == "__main__":
    rng = random.Random(7)
    for _ in range(12):
        print(make(rng)[0])
    print(*make(rng)[:2], sep="\n")
    print(*unknown(rng)[:2], sep="\n")
    print(with_followup(rng)[0])
    print(len(TASKS), sum(len(c) for _, c in TASKS))
