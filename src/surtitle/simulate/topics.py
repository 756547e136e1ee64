"""What the communities of the sample talk about. Plain data.

Each pool runs through the year: what is near in a list is in season at the same time.
"""

import msgspec

__all__ = ["TOPICS", "Topic"]


class Topic(msgspec.Struct, frozen=True):
    """The vocabulary of one community.

    Parameters
    ----------
    subject : str
        What it is about, as said to a stranger.
    things : tuple of str
        Noun phrases.
    acts : tuple of str
        What somebody did, after "I".
    doings : tuple of str
        The same as an activity: "Is ... worth it?".
    problems : tuple of str
        Noun phrases that nobody likes.
    hello : tuple of str
        How its members begin.
    """

    subject: str
    things: tuple[str, ...]
    acts: tuple[str, ...]
    doings: tuple[str, ...]
    problems: tuple[str, ...]
    hello: tuple[str, ...]


TOPICS = {
    "gardening": Topic(
        "gardening",
        things=(
            "the seed potatoes", "my chilli seedlings", "the cold frame", "a heated propagator", "the pear tree",
            "our first tulips", "the raised beds", "a monstera cutting", "the compost heap", "my tomatoes",
            "the hydrangeas", "these courgettes", "the sweet peas", "a bag of peat-free soil", "the water butt",
            "my dahlias", "the pumpkin patch", "a late row of turnips", "the walnut tree", "the leaf mould bin",
            "next year's garlic", "the bird feeder", "a tray of windowsill basil", "the greenhouse heater",
        ),
        acts=(
            "pruned the roses", "sowed the first broad beans", "turned the compost", "repotted everything",
            "built a slug fence", "mulched the borders", "planted out the leeks", "fed the tomatoes",
            "netted the strawberries", "dead-headed the dahlias", "dug up the potatoes", "saved my own seeds",
            "raked up all the leaves", "ordered far too many bulbs", "cleaned the greenhouse", "sharpened the shears",
        ),
        doings=(
            "chitting potatoes", "sowing indoors", "pinching out the tops", "hardening off seedlings", "no-dig growing",
            "watering from below", "companion planting", "picking off slugs by torchlight", "mulching with bark",
            "growing from cuttings", "feeding with seaweed", "collecting rainwater", "lifting the dahlias",
            "composting oak leaves", "washing every pot", "planting garlic in autumn",
        ),
        problems=(
            "damping off", "a late frost", "leggy seedlings", "aphids", "slugs", "vine weevil", "powdery mildew",
            "blossom end rot", "blight", "root rot", "cabbage whites", "black spot", "waterlogged clay", "fungus gnats",
        ),
        hello=("Morning all!", "Hello growers,", "Hi from a wet allotment,", "Lovely thread.", "Bit late to this:"),
    ),
    "chess": Topic(
        "chess",
        things=(
            "the Caro-Kann", "that rook ending", "the London System", "my rapid rating", "the candidates' games",
            "this puzzle streak", "the isolated queen's pawn", "a Carlsbad structure", "the Najdorf",
            "the club championship", "an opposite-coloured bishop ending", "the Dragon", "my endgame notebook",
            "the exchange sacrifice on c3", "a wooden travel set", "the Berlin wall", "the world title match",
            "that opening course", "the increment", "our league team", "the blitz final", "a simple back-rank idea",
        ),
        acts=(
            "blundered my queen in a won game", "finally broke 1600", "drew with a master", "missed mate in two",
            "went through the whole game with an engine", "solved forty puzzles", "lost on time in a winning position",
            "switched to 1.d4", "won a nice attacking game", "reviewed my losses", "played both sides of it",
            "sacrificed a knight on f7", "held a rook ending", "watched the live broadcast", "set up the position",
        ),
        doings=(
            "playing the same opening every game", "solving puzzles daily", "memorising lines", "trading queens early",
            "studying endgames first", "going for the minority attack", "castling long",
            "using the engine after a loss",
            "playing blitz all night", "annotating your own games", "premoving in the ending", "offering a draw",
            "fianchettoing both bishops", "playing up a section", "keeping the tension",
        ),
        problems=(
            "time trouble", "hanging pieces", "tilt after a loss", "an overloaded queen", "bad bishops",
            "opening theory up to move twenty", "weak dark squares", "back-rank mates", "knight forks", "engine users",
            "losing won positions", "a rating plateau", "dropped pawns",
        ),
        hello=("gg.", "Nice game!", "Hi everyone,", "Interesting position.", "After looking with an engine:"),
    ),
    "cycling": Topic(
        "cycling",
        things=(
            "the turbo trainer", "my winter bike", "a set of mudguards", "the new groupset", "the gravel bike",
            "this saddle", "the spring classics", "my first century", "the commute", "a cheap power meter",
            "the local climb", "tubeless tyres", "the Sunday club run", "a carbon seat post", "the time trial bike",
            "clipless pedals", "the grand tour", "the bottom bracket", "a proper bike fit", "the cyclocross season",
            "these lights", "the chain", "my old steel frame",
        ),
        acts=(
            "rode a hundred miles", "got caught in the hail", "bonked ten miles from home", "trued the front wheel",
            "set a best on the long climb", "changed the chain", "got dropped by the fast group", "bled the brakes",
            "fitted wider tyres", "rode to work all week", "sat up all night watching the tour", "raced my first crit",
            "waxed the chain", "crashed on wet leaves", "swapped the cassette", "cleaned the drivetrain",
        ),
        doings=(
            "riding indoors", "waxing the chain", "running lower pressures", "riding in zone two",
            "wearing a helmet cam",
            "drafting behind vans", "eating every half hour", "shaving your legs", "going tubeless",
            "commuting in the rain",
            "sprinting for village signs", "doing your own servicing", "buying second hand",
            "climbing out of the saddle",
            "filtering past traffic",
        ),
        problems=(
            "a creaking bottom bracket", "punctures", "numb hands", "close passes", "headwinds", "cramp",
            "a slipping seat post", "potholes", "rubbing disc brakes", "saddle sores", "dropped chains", "black ice",
            "worn brake pads",
        ),
        hello=("Hi folks,", "Chapeau!", "Great ride.", "Back from a wet one.", "Commuter here:"),
    ),
    "cooking": Topic(
        "cooking",
        things=(
            "a beef stew", "the slow cooker", "my sourdough starter", "this carbonara", "a proper stock",
            "the pressure cooker", "a walnut loaf", "the cast iron pan", "an asparagus risotto", "the potato salad",
            "my grandmother's dumplings", "a decent knife", "this curry paste", "the tomato sauce",
            "a barbecue brisket",
            "homemade pasta", "the food processor", "fresh pesto", "a plum tart", "the doughnut recipe",
            "roast pumpkin soup", "the gravy", "mince pies", "the turnip mash",
        ),
        acts=(
            "burnt the onions again", "made stock from scratch", "proved the dough overnight", "seasoned the pan",
            "baked two loaves", "forgot the salt", "cooked for twelve people", "over-reduced the sauce",
            "finally nailed the crust", "grilled everything", "swapped butter for oil", "let it rest for an hour",
            "pickled the lot", "cut the sugar by half", "tempered the chocolate", "brined the bird",
        ),
        doings=(
            "salting the pasta water", "resting the meat", "making your own stock", "washing mushrooms",
            "proving overnight", "rinsing rice", "cooking by weight", "using a thermometer", "freezing leftovers",
            "toasting the spices first", "adding cream to carbonara", "grilling over charcoal", "peeling tomatoes",
            "baking blind", "brining overnight", "cooking on cast iron",
        ),
        problems=(
            "a soggy bottom", "split sauces", "flat loaves", "rubbery eggs", "burnt garlic", "gluey risotto",
            "a dull knife", "dry chicken", "lumpy gravy", "bitter coffee", "tough steak", "a sticky pan",
            "sunken sponge",
        ),
        hello=("Hi cooks,", "Looks delicious!", "Hungry now.", "Home cook here:", "Made this last night:"),
    ),
    "astronomy": Topic(
        "astronomy",
        things=(
            "the Orion Nebula", "my first Dobsonian", "the winter Milky Way", "a cheap eyepiece", "Saturn's rings",
            "the lunar eclipse", "this star tracker", "the Leo triplet", "a narrowband filter", "the space telescope",
            "the launch schedule", "my stacking software", "the summer triangle", "a solar filter", "the Ring Nebula",
            "the Perseids", "Jupiter's moons", "the Andromeda galaxy", "a dew heater", "the new comet",
            "the Pleiades", "a pair of 10x50 binoculars", "the aurora",
        ),
        acts=(
            "stacked two hundred frames", "saw Saturn for the first time", "collimated the mirror",
            "drove to a dark site",
            "spent an hour finding one galaxy", "froze in the back garden", "caught a fireball on camera",
            "polar aligned by hand", "upgraded the mount", "sketched the craters", "lost the target at every flip",
            "processed the data again", "showed the neighbours the Moon", "waited out the clouds", "star-hopped to it",
        ),
        doings=(
            "imaging from the city", "taking dark frames", "star hopping", "starting with binoculars",
            "observing at dawn",
            "stacking short exposures", "cleaning the mirror", "using a go-to mount", "letting the scope cool",
            "shooting the Moon in daylight", "buying second hand", "planning by the Moon", "guiding",
            "sketching at the eyepiece",
        ),
        problems=(
            "light pollution", "dew", "clouds on every clear-sky forecast", "field rotation", "satellite trails",
            "poor seeing", "star bloat", "backlash in the mount", "amp glow", "a full Moon", "walking noise",
            "my neighbour's floodlight",
        ),
        hello=("Clear skies!", "Hi all,", "Beautiful shot.", "Beginner here:", "From a Bortle 8 balcony:"),
    ),
}  # fmt: skip
