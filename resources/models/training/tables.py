"""Tables in Markdown: known ones, sums and squares, and tables with the columns a person names."""
import random
from pathlib import Path

import words
from arithmetic import spelled

DATA = Path(__file__).parent / "data" / "tables.txt"


def read() -> list:
    """[(names, head, rows)]"""
    found = []
    for line in DATA.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            names, head, rows = line.split(" = ")
            found.append((names.split("/") if "C++/Python" not in names else names.split("/"),
                          head.split(" | "), [r.strip().split(" | ") for r in rows.split(" ; ")]))
    return found


TABLES = read()

ASK = """Make a table of {t}.|Write a table of {t}.|Give me a table of {t}.|Show me a table of {t}.|Make me a table with {t}.|
Create a table with {t}.|a table of {t}|table of {t}|a table with {t} please|Can you make a table of {t}?|{t} as a table|
Could you write a table about {t}?|I need a table of {t}.|I'd like a table with {t}.|Draw a table of {t}.|table: {t}|
Put {t} in a table.|Please make a small table of {t}.|Make a Markdown table of {t}.|Show {t} in a table.|{t} in a table please|
Write a small table with {t}.|Write a Markdown table with {t}.|List {t} in a table.|Show me {t} as a table.|{t}, as a table|
I want a table about {t}.|Can I get a table of {t}?|Build a table of {t}.|Compose a table of {t}.|Tabulate {t}.|
Arrange {t} in a table.|Please draw up a table for {t}.|A small table for {t}, please.|Generate a table of {t}.|
Prepare a table showing {t}.|Organize {t} in a table.|Present {t} in the form of a table.|format {t} as a table|
Could I have {t} in table form?|Set out {t} in rows and columns.|{t} with rows and columns|Make a chart with {t}.|
Fill a table with {t}.|Display {t} as a Markdown table.|overview of {t} as a table""".replace("\n", "").split("|")

VALUES = {
    "name": words.NAMES[:12], "first name": words.NAMES[12:24], "age": ["28", "35", "41", "19", "52", "33"],
    "city": ["Paris", "Berlin", "Rome", "London", "Madrid", "Vienna"], "country": ["France", "Germany", "Italy", "Spain", "Poland", "Japan"],
    "town": ["Lyon", "Leipzig", "Siena", "York", "Toledo"], "price": ["2 €", "5 €", "3 €", "8 €", "4 €"], "cost": ["10", "25", "40", "15", "30"],
    "product": ["Apple", "Bread", "Milk", "Cheese", "Tea"], "item": ["Pen", "Book", "Lamp", "Cup", "Bag"], "amount": ["1", "2", "3", "4", "5"],
    "quantity": ["1", "2", "3", "4", "5"], "number": ["1", "2", "3", "4", "5"], "no.": ["1", "2", "3", "4", "5"], "date": ["1 May", "2 May", "3 May", "4 May", "5 May"],
    "day": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"], "time": ["8:00", "9:00", "10:00", "11:00", "12:00"],
    "task": ["Plan", "Write", "Test", "Check", "Send"], "status": ["done", "open", "open", "done", "open"], "color": ["red", "blue", "green", "yellow", "white"],
    "colour": ["red", "blue", "green", "yellow", "white"], "animal": ["Dog", "Cat", "Horse", "Owl", "Fox"], "fruit": ["Apple", "Pear", "Plum", "Cherry", "Grape"],
    "food": ["Bread", "Rice", "Soup", "Pasta", "Salad"], "drink": ["Water", "Tea", "Juice", "Milk", "Coffee"], "job": ["Teacher", "Nurse", "Baker", "Engineer", "Cook"],
    "profession": ["Teacher", "Nurse", "Baker", "Engineer", "Cook"], "hobby": ["chess", "music", "hiking", "reading", "cooking"], "email": ["anna@example.org", "ben@example.org", "clara@example.org", "david@example.org", "emma@example.org"],
    "phone": ["555-0101", "555-0102", "555-0103", "555-0104", "555-0105"], "subject": ["Maths", "English", "History", "Art", "Music"], "grade": ["1", "2", "1", "3", "2"],
    "mark": ["1", "2", "1", "3", "2"], "size": ["small", "medium", "large", "small", "large"], "weight": ["1 kg", "2 kg", "3 kg", "4 kg", "5 kg"], "height": ["1.60 m", "1.72 m", "1.81 m", "1.68 m", "1.75 m"],
    "year": ["2021", "2022", "2023", "2024", "2025"], "month": ["January", "February", "March", "April", "May"], "title": ["The Fox", "The Sea", "The Lamp", "The Wind", "The Map"],
    "author": ["Anna Hill", "Ben Wood", "Clara Stone", "David Lake", "Emma Field"], "language": ["English", "French", "German", "Spanish", "Italian"], "capital": ["Paris", "Berlin", "Rome", "Madrid", "Warsaw"],
    "team": ["Foxes", "Bears", "Owls", "Wolves", "Eagles"], "points": ["12", "9", "7", "5", "3"], "score": ["12", "9", "7", "5", "3"], "room": ["101", "102", "103", "104", "105"], "place": ["Park", "School", "Library", "Station", "Museum"],
    "who": words.NAMES[:6], "what": ["Dishes", "Laundry", "Shopping", "Cooking", "Cleaning"], "note": ["good", "new", "check", "old", "fine"], "comment": ["good", "new", "check", "old", "fine"], "id": ["1", "2", "3", "4", "5"],
    "category": ["Food", "Home", "Work", "Sport", "Travel"], "distance": ["5 km", "10 km", "12 km", "3 km", "8 km"], "speed": ["slow", "medium", "fast", "slow", "fast"], "type": ["A", "B", "C", "A", "B"],
    "meal": ["Breakfast", "Lunch", "Dinner", "Snack", "Supper"], "breakfast": ["toast", "porridge", "eggs", "muesli", "pancakes"], "lunch": ["soup", "salad", "rice", "wrap", "pasta"], "dinner": ["pizza", "stew", "fish", "curry", "risotto"],
    "monday": ["work", "sport", "rest", "music", "read"], "tuesday": ["read", "work", "sport", "rest", "music"], "wednesday": ["music", "read", "work", "sport", "rest"], "key": ["a", "b", "c", "d", "e"], "value": ["1", "2", "3", "4", "5"],
    "word": ["house", "tree", "river", "friend", "star"], "meaning": ["a home", "a tall plant", "flowing water", "a good person", "a light in the sky"], "department": ["Sales", "Support", "Design", "Research", "Office"], "salary": ["2000", "2500", "2200", "3000", "2700"],
}
COLUMN_ASK = """Make a table with the columns {c}.|Write a table with columns {c}.|a table with the columns {c}|Create a table: {c}|
Give me a table with {c} as columns.|I need a table with the columns {c}.|Make a table with columns {c} please|
Can you make a table with columns for {c}?|table with {c}|A table with headings {c}.|Show me a table that has the columns {c}.|
Make an example table with the columns {c}.|Draw a table whose columns are {c}.|I want columns {c} in a table.|
Please make a table containing {c}.|Table headers: {c}|Make a table for {c}.""".replace("\n", "").split("|")


def render(head: list, rows: list) -> str:
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return "\n".join(lines + ["| " + " | ".join(r) + " |" for r in rows])


LEADS = ["Here is the table:", "Here is a small table:", "Here you are:"]


def joined(names: list, rng: random.Random) -> str:
    if len(names) == 1:
        return names[0]
    return ", ".join(names[:-1]) + rng.choice([" and ", ", ", " and ", " & "]) + names[-1]


def known(rng):
    names, head, rows = rng.choice(TABLES)
    name = rng.choice(names)
    q, shown = rng.choice(ASK).format(t=name), rows[:5]
    sides = next((name.split(s) for s in (" versus ", " vs ") if s in name), None)
    if sides and rng.random() < 0.7:
        x, y = sides if rng.random() < 0.6 else sides[::-1]
        q = rng.choice(COMPARE).format(x=x, y=y)
    if not sides and rng.random() < 0.15 and len(rows) >= 3 and not name.startswith(("a ", "my ", "the ", "today")):
        n = rng.randint(2, min(6, len(rows)))
        q, shown = rng.choice(ASK).format(t=f"{spelled(n) if rng.random() < 0.6 else n} {name}"), rows[:n]
    elif rng.random() < 0.15 and len(rows) >= 3:
        n = rng.randint(2, min(6, len(rows)))
        q = q.rstrip(".?") + rng.choice([" with {n} rows", ", {n} rows", ", only {n} rows", " in {n} rows"]).format(
            n=spelled(n) if rng.random() < 0.5 else n)
        shown = rows[:n]
    return q, f"{rng.choice(LEADS)}\n\n{render(head, shown)}", (name, head, rows, shown), set(name.lower().split())


def columns(rng):
    cols = rng.sample(sorted(VALUES), rng.choice([2, 2, 3, 3, 3, 4]))
    if rng.random() < 0.35:
        cols = rng.choice([["name", "age", "city"], ["name", "age"], ["product", "price"], ["item", "price", "quantity"],
                           ["day", "task"], ["task", "status"], ["date", "time", "place"], ["name", "email"],
                           ["country", "capital"], ["title", "author", "year"], ["name", "phone"], ["name", "age", "job"]])
    shown = [rng.choice([c.capitalize(), c.capitalize(), c]) for c in cols]
    unknown = {}
    for i in range(len(cols)):
        if rng.random() < 0.25:
            unknown[i] = rng.choice([words.made_up(rng), rng.choice(words.NOISE), rng.choice(words.NOISE), f"{rng.choice(['favourite', 'first', 'last', 'next', 'main', 'best', 'home', 'total', 'new'])} {rng.choice(words.NOISE)}"])
            shown[i] = unknown[i].capitalize()
    n = rng.choice([2, 3, 3, 4, 5]) if rng.random() < 0.5 else 3
    q = rng.choice(COLUMN_ASK).format(c=joined([s if rng.random() < 0.3 else s.lower() for s in shown], rng))
    if n != 3 or rng.random() < 0.2:
        q = q.rstrip(".?") + rng.choice([" and {n} rows", " with {n} rows", ", {n} rows", " and {n} lines", " for {n} people", " for {n} items", " and {n} entries",
                                         " of {n} persons", " with {n} examples"]).format(n=spelled(n) if rng.random() < 0.5 else n)
    rows = [[f"{shown[i]} {r + 1}" if i in unknown else VALUES[c][r % len(VALUES[c])] for i, c in enumerate(cols)] for r in range(n)]
    head = [s[:1].upper() + s[1:] for s in shown]
    return q, f"{rng.choice(LEADS)}\n\n{render(head, rows)}", ("", head, rows, rows), {s.lower() for s in shown}


def sized(rng):
    c, r = rng.randint(2, 4), rng.randint(1, 5)
    cw, rw = (spelled(c), spelled(r)) if rng.random() < 0.5 else (c, r)
    q = rng.choice(["Make a table with {c} columns and {r} rows.", "a table with {r} rows and {c} columns", "an empty table with {c} columns and {r} rows",
                    "Show me an example table with {c} columns and {r} rows.", "{c} columns, {r} rows, make a table", "a {c} by {r} table please",
                    "Can you draw a table of {c} columns and {r} rows?", "Write a table: {r} rows, {c} columns"]).format(c=cw, r=rw)
    head = [f"Column {i + 1}" for i in range(c)]
    rows = [[f"{chr(65 + i)}{j + 1}" for i in range(c)] for j in range(r)]
    return q, f"{rng.choice(LEADS)}\n\n{render(head, rows)}", ("", head, rows, rows), set()


def numbers(rng):
    if rng.random() < 0.6:
        n = rng.randint(2, 12)
        up = rng.choice([5, 10, 10])
        w = spelled(n) if rng.random() < 0.3 else n
        q = rng.choice(["the multiplication table of {n}", "the {n} times table", "Show me the times table for {n}.", "multiplication table for {n}",
                        "Make a table of the multiples of {n}.", "Write the {n} times table as a table.", "times table of {n} please",
                        "Can you make a multiplication table for {n}?"]).format(n=w)
        if up == 5:
            q = q.rstrip(".?") + rng.choice([" up to 5", " from 1 to 5", " up to five"])
        head, rows = ["Sum", "Result"], [[f"{i} × {n}", str(i * n)] for i in range(1, up + 1)]
    else:
        n, power = rng.choice([4, 5, 6, 8, 10]), rng.choice([2, 2, 3, "double"])
        what = {2: "squares", 3: "cubes", "double": "doubles"}[power]
        q = rng.choice(["a table of the {w} from 1 to {n}", "Make a table with the numbers 1 to {n} and their {w}.", "table of {w} up to {n}",
                        "Show me the {w} of 1 to {n} in a table.", "numbers 1 to {n} with their {w} as a table"]).format(w=what, n=n)
        rows = [[str(i), str(2 * i if power == "double" else i ** power)] for i in range(1, n + 1)]
        head = ["Number", {2: "Square", 3: "Cube", "double": "Double"}[power]]
    return q, f"Here is the table:\n\n{render(head, rows)}", ("", head, rows, rows), set()


def unknown(rng):
    topic = words.anything(rng)
    if rng.random() < 0.4:
        x, y = words.anything(rng), words.anything(rng)
        q = rng.choice(["Make a table comparing {x} and {y}.", "Compare {x} and {y} in a table.", "a table {x} versus {y}", "{x} vs {y} as a table",
                        "Table with the differences between {x} and {y}.", "Write a comparison table of {x} and {y}."]).format(x=x, y=y)
        head, rows = ["Point", x[:1].upper() + x[1:], y[:1].upper() + y[1:]], [["Price", "?", "?"], ["Quality", "?", "?"], ["Use", "?", "?"]]
        return q, f"I know little about this, so here is a table for you to fill in:\n\n{render(head, rows)}", ("", head, rows, rows), \
            set((x + " " + y).lower().split())
    q = rng.choice(ASK).format(t=topic)
    head, rows = ["Point", "Note"], [["What", topic], ["When", "?"], ["Where", "?"], ["Why", "?"]]
    return q, f"I know little about {topic}, so here is a table for you to fill in:\n\n{render(head, rows)}", ("", head, rows, rows), \
        set(topic.lower().split())


COMPARE = ["Compare {x} and {y} in a table.", "Compare {x} with {y} in a table.", "a table {x} versus {y}", "{x} vs {y} as a table", "{x} or {y}? Make a table.",
           "Make a table comparing {x} and {y}.", "Table with the differences between {x} and {y}.", "Write a comparison table of {x} and {y}.",
           "Put {x} and {y} side by side in a table.", "I can't decide between {x} and {y}, make a table.", "How do {x} and {y} differ? As a table please.",
           "{x} compared to {y}, in a table", "Show the differences of {x} and {y} in a table.", "a comparison of {x} and {y} in a table please"]
NOTHING = ["Make a table.", "Show me a table.", "Write a table in Markdown.", "table please", "Can you make tables?", "Give me an example of a table.",
           "an example table", "Can you write a table?", "Markdown table example", "Show me what a table looks like.", "any table",
           "I want to see a table", "Write a small table."]


def make(rng: random.Random):
    kind = rng.random()
    if kind < 0.05:
        q, head, rows = rng.choice(NOTHING), ["Name", "Age", "City"], [["Anna", "28", "Paris"], ["Ben", "35", "Berlin"], ["Clara", "41", "Rome"]]
        return q, f"Here is a small table:\n\n{render(head, rows)}", ("", head, rows, rows), set()
    return (known if kind < 0.55 else columns if kind < 0.75 else numbers if kind < 0.83 else sized if kind < 0.87 else unknown)(rng)


def with_followup(rng: random.Random):
    q, answer, (name, head, rows, shown), keep = make(rng)
    kind, rest = rng.randrange(4), rows[len(shown):]
    if kind == 0 and rest:
        ask = rng.choice(["one more row", "add a row", "Add another row please.", "and one more?", "another row", "Can you add a row?", "more rows"])
        return [(q, answer), (ask, f"Here is the table with one more row:\n\n{render(head, shown + rest[:1])}")], keep
    if kind == 1:
        items = "\n".join(f"- {r[0]}: {', '.join(r[1:])}" for r in shown)
        ask = rng.choice(["as a list", "now as a list please", "Make a list of it.", "turn it into a list", "can I have that as a list?", "as bullet points"])
        return [(q, answer), (ask, f"Here is the list:\n\n{items}")], keep
    if kind == 2:
        ask = rng.choice(["add an empty column for notes", "Add a column Notes.", "and a column for notes", "one more column please", "add a column",
                          "Can you add a column?"])
        return [(q, answer), (ask, f"Here is the table with one more column:\n\n{render(head + ['Notes'], [r + ['-'] for r in shown])}")], keep
    k = max(1, min(2, len(shown) - 1))
    ask = rng.choice(["only {k} rows", "shorter, {k} rows", "just the first {k} rows please", "{k} rows are enough"]).format(k=spelled(k))
    return [(q, answer), (ask, f"Here is the shorter table:\n\n{render(head, shown[:k])}")], keep


if __name__ == "__main__":
    rng = random.Random(6)
    for f in (known, columns, sized, numbers, unknown):
        print(*f(rng)[:2], sep="\n")
    print(with_followup(rng)[0])
