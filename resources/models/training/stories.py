"""Little stories and poems about whatever a person names: the hero or the subject is carried through the text."""
import random

import words

KIND = ["story", "story", "story", "short story", "little story", "tale", "fairy tale", "bedtime story", "tiny story", "very short story", "brief story",
        "small story", "children's story", "story for children", "story for my daughter", "story for my son", "three-sentence story", "one-paragraph story",
        "goodnight story", "narrative"]
ABOUT = """Tell me {k} about {t}.|Write {k} about {t}.|{k} about {t}|Tell {k} about {t}.|Write me {k} about {t}.|Can you tell {k} about {t}?|
Can you write {k} about {t}?|I want {k} about {t}.|I'd like to hear {k} about {t}.|Please write {k} about {t}.|Make up {k} about {t}.|
Invent {k} about {t}.|Create {k} about {t}.|Could you tell us {k} about {t}?|{k} about {t} please|Do you know {k} about {t}?|
Give me {k} about {t}.|{k} with {t}|Write {k} with {t} in it.|Tell me {k} with {t}.|Compose {k} about {t}.|Let me hear {k} about {t}.|
Write {k} where {t} plays a role.|Think up {k} about {t}.|I need {k} about {t}.|My kids want {k} about {t}.|Would you write {k} on {t}?|
Write {k} in which there is {t}.|Tell me {k} featuring {t}.|How about {k} about {t}?|Spin me {k} about {t}.""".replace("\n", "").split("|")
OPEN = """Tell me {k}.|Write {k}.|Tell {k}.|{k}|{k} please|Can you tell {k}?|Can you write {k}?|I want to hear {k}.|Write me {k}.|Please tell me {k}.|
Make up {k}.|Do you know {k}?|I'd like {k}.|Invent {k}.|Tell me {k} of your choice.|Another {n}|Could you tell me {k}?|Let me hear {k}.|Give me {k}.|
Once upon a time|Start {k}.|How about {k}?|Can you make up {k}?|My child wants to hear {k}.|Would you write {k} for me?""".replace("\n", "").split("|")

FINDS = ["a small lantern that never went out", "an old map with a red line", "a letter without a name", "a key made of glass", "a tiny boat on the shore",
         "a bell that rang by itself", "a book with empty pages", "a feather as blue as the sky", "a door in the middle of a field", "a coin that was warm to the touch"]
MEETS = ["an old owl", "a friendly fox", "a tired traveller", "a small robot", "a quiet child", "the north wind", "a talking crow", "a kind baker", "a lost sailor",
         "a shy dragon"]
SAID = ["\"Follow the wind,\" {m} said, \"it knows the way.\"", "\"Do not hurry,\" {m} said, \"the best roads are slow.\"", "\"Share it,\" {m} said, \"and it will grow.\"",
        "\"Be brave,\" {m} said, \"the night is shorter than you think.\"", "\"Listen well,\" {m} said, \"even stones have stories.\""]
ENDS = ["And from that day on, nobody there felt lonely again.", "That evening everybody sat together, and the wind sang softly over the roofs.",
        "And if you listen on a clear night, you can still hear it.", "It was the best day of the year, and it began with one small step.",
        "And so a small thing made a great difference.", "They laughed all the way home, and the stars came out one by one."]


def short(topic: str) -> str:
    """How the hero is called after the first sentence: the last word of the phrase, with the article."""
    for article in ("a ", "an ", "the ", "my ", "an old ", "two ", "three "):
        if topic.startswith(article):
            rest = topic[len(article):]
            return ("my " if article == "my " else "the ") + rest
    return topic


def title(topic: str) -> str:
    small = {"a", "an", "the", "and", "of", "in", "on", "to", "his", "her"}
    parts = topic.split()
    if parts[0] in ("a", "an", "the"):
        parts = ["The"] + parts[1:]
    return " ".join(p if i and p in small else p[:1].upper() + p[1:] for i, p in enumerate(parts))


def hero_story(hero: str, rng: random.Random) -> str:
    place, found, met, end = rng.choice(words.PLACES), rng.choice(FINDS), rng.choice(MEETS), rng.choice(ENDS)
    the = short(hero)
    said = rng.choice(SAID).format(m="the " + met.split(" ", 1)[1])
    return (f"**{title(hero)}**\n\nOnce upon a time there was {hero}, near {words.a(place)}. One windy morning {the} found {found}. "
            f"Nobody knew where it came from, so {the} set out to find the answer. On the way {the} met {met}. {said} "
            f"{the[:1].upper() + the[1:]} smiled and went on with new courage. {end}")


def subject_story(topic: str, rng: random.Random) -> str:
    name, found, met, end = rng.choice(words.NAMES), rng.choice(FINDS), rng.choice(MEETS), rng.choice(ENDS)
    the = short(topic)
    said = rng.choice(SAID).format(m="the " + met.split(" ", 1)[1])
    return (f"**{title(topic)}**\n\n{name} had always dreamed of {topic}. One windy morning {name} found {found}, and suddenly everything was about {the}. "
            f"On the way {name} met {met}. {said} {name} never forgot these words, and never forgot {the}. {end}")


def story(topic: str, rng: random.Random) -> str:
    return hero_story(topic, rng) if topic.startswith(("a ", "an ")) else subject_story(topic, rng)


POEM = ["poem", "short poem", "poem", "little poem", "four-line poem", "rhyme", "verse", "short rhyming poem", "poem with four lines", "small poem"]


FOUND = ["finds", "found", "loses", "buys", "steals", "builds", "dreams of", "looks for", "discovers"]


def finding(rng: random.Random):
    """A story with two things in it: somebody, and what they find."""
    hero, thing, kind = words.noun_phrase(rng), words.a(rng.choice(words.THINGS)), words.a(rng.choice(KIND))
    if rng.random() < 0.2:
        thing = words.a(words.made_up(rng))
    q = rng.choice(["Write {k} where {h} {f} {t}.", "Tell me {k} in which {h} {f} {t}.", "{k} about {h} that {f} {t}", "{k} about {h} who {f} {t}", "a tale where {h} {f} {t}",
                    "Make up {k}: {h} {f} {t}.", "Tell me how {h} {f} {t}.", "{k} with {h} and {t}", "Write {k} about {h} and {t}."]).format(
        k=kind, h=hero, t=thing, f=rng.choice(FOUND))
    the, what, end, met = short(hero), short(thing), rng.choice(ENDS), rng.choice(MEETS)
    said = rng.choice(SAID).format(m="the " + met.split(" ", 1)[1])
    text = (f"**{title(hero)} and {title(thing)}**\n\nOnce upon a time there was {hero}, near {words.a(rng.choice(words.PLACES))}. One windy morning {the} found {thing}. "
            f"Nobody knew where {what} came from, so {the} set out to find the answer. On the way {the} met {met}. {said} "
            f"{the[:1].upper() + the[1:]} smiled, held {what} tight and went on with new courage. {end}")
    return q, text, hero, set((hero + " " + thing).lower().split())


def poem(topic: str, rng: random.Random) -> str:
    the = short(topic)
    first = rng.choice([f"I think of {the} when the day is new,", f"They sing of {the} when the stars come out,", f"I dreamed of {the} in the silver night,"])
    rest = {"new,": ["The morning is gold and the sky is blue.", "The wind goes by with a gentle song,", "And carries my happy thoughts along."],
            "out,": ["The wind goes whispering all about.", "The moon looks in with a friendly face,", "And fills with silver the quiet place."],
            "ght,": ["The moon on the water was calm and bright.", "The wind from the north came clear and cold,", "And told me the tale that I have told."]}[first[-4:]]
    return f"**{title(topic)}**\n\n" + "  \n".join([first] + rest)


def haiku(topic: str, rng: random.Random) -> str:
    return f"**{title(topic)}**\n\n" + "  \n".join([f"Quiet morning light,", f"I think of {short(topic)} now,", "the north wind answers."])


def topic_of(rng: random.Random) -> str:
    if rng.random() < 0.55:
        return words.noun_phrase(rng)
    if rng.random() < 0.12:
        return f"{words.a(rng.choice(rng.choice([words.ANIMALS, words.PEOPLE])))} named {rng.choice(words.NAMES)}"
    if rng.random() < 0.15:
        return f"{words.noun_phrase(rng)} and {words.noun_phrase(rng)}"
    if rng.random() < 0.1:
        return f"{words.noun_phrase(rng)} who {rng.choice(['wanted to fly', 'lost a key', 'could not sleep', 'loved the sea', 'was afraid of the dark', 'found a friend', 'learned to sing', 'went to the moon', 'could talk', 'lived in a tree'])}"
    if rng.random() < 0.15:
        return f"{words.noun_phrase(rng)} in {words.a(rng.choice(words.PLACES))}"
    return words.anything(rng)


def make(rng: random.Random):
    """(question, answer, topic, keep)"""
    if rng.random() < 0.22:
        topic = topic_of(rng)
        if rng.random() < 0.2:
            q = rng.choice(["Write a haiku about {t}.", "a haiku about {t}", "haiku about {t}", "Can you write a haiku about {t}?", "Haiku: {t}"]).format(t=topic)
            return q, haiku(topic, rng), topic, set(topic.lower().split())
        if rng.random() < 0.15:
            topic = rng.choice(["the wind", "the sea", "the moon", "autumn", "a star"])
            return rng.choice(OPEN[:-1]).format(k="a " + rng.choice(POEM), n="poem"), poem(topic, rng), topic, set()
        q = rng.choice(ABOUT).format(k="a " + rng.choice(POEM), t=topic)
        return q, poem(topic, rng), topic, set(topic.lower().split())
    if rng.random() < 0.2:
        return finding(rng)
    kind = rng.choice(KIND)
    if rng.random() < 0.18:
        topic = rng.choice(["a brave fox", "a small robot", "an old lighthouse keeper", "a curious owl", "a little ship"])
        return rng.choice(OPEN).format(k=words.a(kind), n=kind), story(topic, rng), topic, set()
    topic = topic_of(rng)
    q = rng.choice(ABOUT).format(k=words.a(kind), t=topic)
    if rng.random() < 0.1:
        q = q.rstrip(".?") + rng.choice([" in three sentences", " in a few sentences", ", short please", " with a happy end", ", not too long", " for a child",
                                         " in five sentences", " with a title"])
    return q[:1].upper() + q[1:] if rng.random() < 0.5 else q, story(topic, rng), topic, set(topic.lower().split())


MORE = ["And then?", "what happened next?", "Go on.", "continue", "Continue the story.", "tell me more", "And what happened then?", "How does it go on?", "more please",
        "And how does it end?", "keep going"]
AGAIN = ["Another one!", "another story please", "one more story", "Tell me another.", "a different one", "again please", "now another one", "One more!", "and another"]
SWITCH = ["Now one about {t}.", "and about {t}?", "The same about {t}.", "now about {t} please", "and one with {t}", "Can you do one about {t}?", "make it about {t} instead",
          "what about {t}?", "now with {t}", "and a story about {t}?"]
SHORTER = ["shorter please", "make it shorter", "Too long, shorter.", "in one sentence please", "shorter", "Can you make it shorter?", "in short"]


def with_followup(rng: random.Random):
    q, answer, topic, keep = make(rng)
    the = short(topic)
    kind = rng.randrange(4)
    if kind == 0:
        text = (f"The next morning the wind brought a new scent over the hills. {the[:1].upper() + the[1:]} was still on everybody's mind. "
                f"A second {rng.choice(['letter', 'lantern', 'song', 'map'])} was found, and a new little adventure began. {rng.choice(ENDS)}")
        return [(q, answer), (rng.choice(MORE), text)], keep
    if kind == 1:
        other = rng.choice(["a brave fox", "a small robot", "an old lighthouse keeper", "a curious owl", "a little ship"])
        return [(q, answer), (rng.choice(AGAIN), story(other, rng))], keep
    if kind == 2:
        other = topic_of(rng)
        is_poem = "  \n" in answer
        return [(q, answer), (rng.choice(SWITCH).format(t=other), poem(other, rng) if is_poem else story(other, rng))], keep | set(other.lower().split())
    return [(q, answer), (rng.choice(SHORTER), f"One windy day everything began with {the}, and it ended well: with new courage and good friends.")], keep


if __name__ == "__main__":
    rng = random.Random(8)
    for _ in range(5):
        print(*make(rng)[:2], sep="\n")
    print(with_followup(rng)[0])
