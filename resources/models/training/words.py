"""Word lists the generators draw from, and made-up words that teach copying."""
import random

NAMES = """Anna Ben Clara David Emma Felix Greta Hugo Ida Jonas Karla Leo Mia Noah Olga Paul Rosa Sam Tina Tom Vera
Will Zoe Lena Max Nora Oscar Lucy Jack Lily Adam Eva Mark Julia Peter Sara Lukas Maria Pedro Amira Yuki Omar Priya
Ivan Chloe Marco Sofia Ali Fatima Kofi Ingrid Lars Elena Diego Nina Victor Alice Bob Carol Frank Grace Henry Iris
Kate Liam Mona Nils Otto Pia Ruth Simon Theo Ute Wendy Yara Zack Robert Susan Linda James""".split()

ANIMALS = """fox cat dog bear wolf owl mouse rabbit horse lion tiger elephant hedgehog squirrel sparrow eagle whale
dolphin turtle snail frog bee ant butterfly dragon unicorn penguin goat sheep cow pig duck goose crow raven deer
monkey giraffe zebra camel donkey hamster kitten puppy parrot seagull crab octopus spider badger beaver otter seal
shark stork swan fish bat lizard koala panda kangaroo dinosaur chicken rooster""".split()

PEOPLE = """king queen prince princess knight wizard witch pirate sailor fisherman baker farmer painter musician
teacher student doctor nurse programmer scientist astronaut robot detective gardener postman clockmaker shepherd
miller tailor blacksmith giant dwarf fairy ghost captain explorer librarian cook dancer singer inventor child girl
boy grandmother grandfather old man old woman thief hunter lighthouse keeper engineer pilot monk poet carpenter
soldier mermaid elf snowman clown magician carpenter beekeeper journalist photographer""".split()
PEOPLE = [p for p in PEOPLE if p not in ("old", "man", "woman", "lighthouse", "keeper")] + [
    "old man", "old woman", "lighthouse keeper", "young girl", "little boy", "bus driver", "train driver"]

ADJECTIVES = """brave little small old young clever shy curious lonely happy sad tired lazy kind hungry friendly
magic golden red blue green white black silver tiny big fast slow wise funny grumpy lost forgetful proud quiet loud
sleepy strange secret invisible flying talking singing dancing clumsy gentle wild cold warm broken wooden ancient
mysterious poor rich""".split()

THINGS = """lantern key map book clock ship boat kite bicycle guitar violin letter mirror ring crown sword stone
feather bottle box chest coin door bridge tower tree apple cake loaf of bread teapot candle lamp star pebble shell
robot computer telescope umbrella hat coat scarf boot drum bell wheel window garden snowflake balloon train car
piano pencil chair table spoon cup button rope sail anchor compass flute pumpkin rose sunflower laptop keyboard
radio camera rocket suitcase""".split()
THINGS = [t for t in THINGS if t not in ("loaf", "of", "bread")] + ["loaf of bread"]

PLACES = """forest village castle mountain island city river lake sea desert garden library lighthouse harbour
market school kitchen attic cave valley meadow farm train station railway bridge moon planet tower mill beach cellar
museum theatre hospital factory office street park ship swamp jungle field hill""".split()
PLACES = [p for p in PLACES if p not in ("train", "railway")]

ABSTRACT = """friendship courage time travel winter summer spring autumn the sea the wind the moon the rain snow love
hope music the night a long journey a lost key a birthday a storm the stars the sun a rainy day Christmas a dream
space freedom patience luck honesty the future the past the first day of school a holiday a race a secret
a treasure hunt a picnic a magic lamp a broken clock a haunted house football cooking a new friend""".split("\n")
ABSTRACT = ["friendship", "courage", "time travel", "winter", "summer", "spring", "autumn", "the sea", "the wind",
            "the moon", "the rain", "snow", "love", "hope", "music", "the night", "a long journey", "a lost key",
            "a birthday", "a storm", "the stars", "the sun", "a rainy day", "Christmas", "a dream", "space",
            "freedom", "patience", "luck", "honesty", "the future", "the past", "the first day of school",
            "a holiday", "a race", "a secret", "a treasure hunt", "a picnic", "a magic lamp", "a broken clock",
            "a haunted house", "football", "cooking", "a new friend", "kindness", "peace", "war", "school",
            "computers", "robots", "dragons", "cats", "dogs", "pirates", "a cat and a dog", "two brothers",
            "two sisters", "three friends", "two friends", "a boy and his dog", "a girl and a dragon",
            "an old tree", "artificial intelligence", "the north wind", "a lonely planet", "the last train",
            "a family", "my grandmother", "a small town", "the internet", "trains", "chess", "the desert"]

ITEMS = """apples pears oranges bananas eggs books pencils pens marbles coins cookies cakes candies sweets flowers
roses balloons stickers cards stamps toys cars bikes chairs tables cups plates bottles boxes bags shells stones
tickets photos letters files pages songs points euros dollars pounds cents minutes hours days steps kilometres
sheep cows chickens cats dogs rabbits fish birds ducks students children people friends guests players passengers
sandwiches pizzas muffins chocolates lemons tomatoes potatoes carrots onions nuts grapes strawberries plums peaches
buttons beads keys lamps candles trees plants seeds bricks nails screws messages emails""".split()

PROFESSIONS = """teacher nurse student cook carpenter lawyer gardener writer pensioner farmer engineer baker driver
librarian musician programmer accountant translator journalist doctor""".split()

NOISE = """about above across after again ago almost along already always among another around away back because
before behind below best better between big both bring build busy buy call car carry case cat change child city
clean clear close cold colour common company cook corner cost country course cover cross cry cup cut dark date day
deep different difficult dinner dirty dog door dream dress drink drive early earth east easy eat end enough evening
every example eye face fact fall family far fast father feel few field fill final fine fire first fish five floor
flower fly follow food foot forest form four free fresh friend front full funny future game garden gift girl glass
gold good grass great green ground group grow half hand happy hard hat head heart heavy help high history hold home
horse hot hour house hundred idea important inside island job join jump keep key kind king kitchen lake land language
large last late laugh law lead leaf learn leave left leg letter life light line lion long low lunch machine main man
map market matter meat meet middle milk minute mirror money month moon morning mother mountain mouth move music name
near new news night noise north nose note number ocean office oil old open orange order paper parent park part party
past pay peace people person phone picture piece place plan plant play point poor power present pretty price problem
quick quiet rain read ready real reason red remember rest rich ride right ring river road rock room round rule run
sad safe salt sand school science sea season seat second see seed send sentence serve seven shape ship shirt shoe
shop short shoulder sick side sign silver simple sing sister six size skin sky sleep slow small smile snow soft soil
song sound soup south space speak special sport spring square stand star station stay step stone store story strange
street strong student sugar summer sun sure swim table tail take talk tall taste tea teach team tell ten test thick
thin thing think third thought thousand three throw ticket time tiny together tomorrow tool tooth top town toy trade
train travel tree trip true turn twelve type uncle under until use valley value very view village visit voice wait
walk wall warm wash water way weak wear weather week weight west wet wheel white whole wide wild wind window winter
wise wish woman wonder wood word work world wrong yard year yellow yesterday young zero""".split()

SYLLABLES = """ba be bi bo bu ca ce co cu da de di do du fa fe fi fo ga ge go gra ha he hi ho ja jo ka ke ki ko kra la
le li lo lu ma me mi mo mu na ne ni no nu pa pe pi po pra ra re ri ro ru sa se si so sta su ta te ti to tra tu va ve
vi vo wa we wi wo za ze zo ar en in on er al ist um us ton land berg ville ing""".split()


def made_up(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return "".join(rng.choice(SYLLABLES) for _ in range(rng.choice([2, 2, 3, 3, 4])))
    # Letters in any order teach copying piece by piece, whatever the pieces are.
    consonants, vowels = "bcdfghjklmnpqrstvwxz", "aeiouy"
    offset = rng.randrange(2)
    word = "".join(rng.choice(consonants if (i + offset) % 2 else vowels) for i in range(rng.randint(3, 8)))
    for _ in range(rng.choice([0, 1, 1, 2])):
        at = rng.randrange(len(word) + 1)
        word = word[:at] + rng.choice(consonants + vowels) + word[at:]
    return word


def a(noun: str) -> str:
    return ("an " if noun[:1].lower() in "aeiou" else "a ") + noun


def noun_phrase(rng: random.Random) -> str:
    """A singular thing or being with its article, often with an adjective."""
    noun = rng.choice(rng.choice([ANIMALS, ANIMALS, PEOPLE, PEOPLE, THINGS, PLACES]))
    if rng.random() < 0.12:
        noun = made_up(rng)
    if rng.random() < 0.45:
        noun = f"{rng.choice(ADJECTIVES)} {noun}"
    return a(noun)


def anything(rng: random.Random) -> str:
    """Whatever a topic may be: a phrase, an abstract thing, a made-up word, or two words side by side."""
    kind = rng.random()
    if kind < 0.3:
        return noun_phrase(rng)
    if kind < 0.55:
        return rng.choice(ABSTRACT)
    if kind < 0.75:
        return " ".join(rng.sample(NOISE, rng.choice([1, 1, 2, 2, 3])))
    if kind < 0.85:
        return f"{rng.choice(ADJECTIVES)} {rng.choice(NOISE)}s"
    return made_up(rng)
